/** Events that are told once, by handlers that may take their time. */

import { deferred } from '@teu/spec'
import { create } from '@bufbuild/protobuf'
import { TimestampSchema } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from 'vitest'
import { TaskOOMSchema, TaskPausedSchema, TaskResumedSchema } from '../gen/containerd/events/events.gen.ts'
import { PROCESS, settled, SPEC, withFake } from '../testing/fake-client.ts'
import type { ExitInfo } from '../types.ts'

const LIFE = ['create init', 'start init']

describe('every event that comes twice', () => {
  test('is told once', () =>
    withFake(async ({ client, daemon, until, names }) => {
      const push = daemon.push.bind(daemon)
      daemon.push = (envelope) => {
        const now = Date.now()
        const timestamp = create(TimestampSchema, { seconds: BigInt(Math.floor(now / 1000)), nanos: (now % 1000) * 1_000_000 })
        push({ ...envelope, timestamp })
        push({ ...envelope, timestamp })
      }
      await client.create('a', SPEC)
      await client.start('a')
      await client.exec('a', 'e1', PROCESS)
      daemon.tell('/tasks/paused', TaskPausedSchema, { containerId: 'a' })
      daemon.tell('/tasks/resumed', TaskResumedSchema, { containerId: 'a' })
      daemon.tell('/tasks/oom', TaskOOMSchema, { containerId: 'a' })
      await settled()
      daemon.tell('/tasks/oom', TaskOOMSchema, { containerId: 'a' })
      daemon.exit('a', 2, { execId: 'e1' })
      daemon.exit('a', 3)
      const told = ['exec-added e1', 'exec-started e1', 'paused init', 'resumed init', 'oom init', 'oom init', 'exit e1 2', 'exit init 3']
      await until([...LIFE, ...told])
      await client.deleteTask('a')
      await until([...LIFE, ...told, 'delete init'])
      await settled()
      expect(names()).toEqual([...LIFE, ...told, 'delete init'])
    }))
})

describe('handlers', () => {
  test('that hang or fail hold up only their own container', () => {
    const hanging = deferred()
    return withFake(
      async ({ client, daemon, until, names }) => {
        for (const id of ['a', 'b']) {
          await client.create(id, SPEC)
          await client.start(id)
        }
        daemon.exit('a', 0)
        daemon.exit('b', 0)
        await until([...LIFE, 'exit init 0'], 'b')
        expect(names()).toEqual(['create init'])
        hanging.resolve()
        await until([...LIFE, 'exit init 0'])
      },
      {
        onEvent: (event) => {
          if (event.containerId === 'b') throw new Error('a bad handler')
          return event.type === 'create' ? hanging.promise : undefined
        },
      },
    )
  })

  test('may wait for what a later event says, and hold up nobody who waits', () => {
    const seen: string[] = []
    let waitFor: () => Promise<ExitInfo>
    return withFake(
      async ({ client, daemon, until }) => {
        await client.create('a', SPEC)
        waitFor = () => client.container('a').wait()
        await client.start('a')
        await until(LIFE)
        daemon.exit('a', 3)
        expect(await client.container('a').wait()).toMatchObject({ exitCode: 3 })
        await until([...LIFE, 'exit init 3'])
        expect(seen).toEqual(['start', 'waited 3', 'exit'])
      },
      {
        onEvent: async ({ type }) => {
          if (type === 'create') return
          seen.push(type)
          if (type === 'start') seen.push(`waited ${(await waitFor()).exitCode}`)
        },
      },
    )
  })

  test('that never return do not stop the picture', () =>
    withFake(
      async ({ client, daemon, names }) => {
        await client.create('a', SPEC)
        await client.start('a')
        daemon.exit('a', 3)
        expect(await client.container('a').wait()).toMatchObject({ exitCode: 3 })
        expect(await client.deleteTask('a')).toMatchObject({ exitCode: 3, found: true })
        await client.start('a')
        expect(names()).toEqual(['create init'])
      },
      { onEvent: () => new Promise<void>(() => {}) },
    ))

  test('in the manner of libcontainerd get id, type and event', () => {
    const seen: unknown[] = []
    const backend = { processEvent: (...args: readonly unknown[]) => void seen.push(args) }
    return withFake(
      async ({ client, events, until }) => {
        await client.create('a', SPEC)
        await client.start('a')
        await until(LIFE)
        expect(seen).toEqual(events.map((event) => ['a', event.type, event]))
      },
      { backend },
    )
  })
})
