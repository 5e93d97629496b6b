/** Watching Docker: lists, the time until an event is heard, memory over many events. */

import { DockerEngine, watch } from '@teu/watch'
import { mapBounded } from '../../packages/watch/src/watcher/bounded.ts'
import { DockerDaemon } from '../../packages/watch/test/support/docker-daemon.ts'
import type { Lab } from '../../tests/harness/lab.ts'
import { FakeDocker } from './fake-docker.ts'
import { benchLatency, type Life, Listener } from './latency.ts'
import { benchLists } from './lists.ts'
import { benchMemory } from './memory.ts'

/** By default as many as are started in a minute. */
const LIVE = Number(process.env['TEU_BENCH_DOCKER_LIVE'] ?? 50)
const STARTED_AT_A_TIME = 4
const CONTAINERS = 1_000
const INSPECTIONS_AT_A_TIME = 8
const EVENTS_AT_A_TIME = 100

interface RawEvent {
  readonly Action: string
  readonly Actor: { readonly ID: string }
}

/** Measures and prints. */
export async function benchDockerWatch(lab: Lab, rounds: number): Promise<void> {
  const daemon = new DockerDaemon(lab)
  await daemon.start()
  try {
    await latency(daemon, rounds)
    await liveLists(daemon)
  } finally {
    await daemon.close()
  }
  await ownShare(lab)
}

async function latency(daemon: DockerDaemon, rounds: number): Promise<void> {
  const [raw, ours] = [new Listener(), new Listener()]
  await using watcher = watch(daemon.socket)
  await watcher.ready()
  watcher.on('started', ({ container }) => ours.hear('started', container.id))
  watcher.on('exited', ({ container }) => ours.hear('exited', container.id))
  const over = new AbortController()
  await using engine = new DockerEngine(daemon.socket)
  const events = await engine.client.stream('/v1.41/events', over.signal)
  const reading = (async () => {
    for await (const event of events) {
      const { Action, Actor } = event as RawEvent
      if (Action === 'start') raw.hear('started', Actor.ID)
      if (Action === 'die') raw.hear('exited', Actor.ID)
    }
  })()
  let count = 0
  const newLife = async (): Promise<Life> => {
    const name = `life${count++}`
    return {
      id: await daemon.create(name),
      start: async () => {
        const asked = performance.now()
        await daemon.do(name, 'start')
        return asked
      },
      kill: async () => {
        const pid = await daemon.pidOf(name)
        process.kill(pid, 'SIGKILL')
        return performance.now()
      },
      remove: () => daemon.remove(name),
    }
  }
  await benchLatency('Docker', rounds, { raw, watcher: ours }, newLife)
  over.abort()
  await reading.catch(() => undefined)
}

async function liveLists(daemon: DockerDaemon): Promise<void> {
  const names = Array.from({ length: LIVE }, (_, n) => `live${n}`)
  await mapBounded(names, STARTED_AT_A_TIME, (name) => daemon.run(name))
  await using engine = new DockerEngine(daemon.socket)
  const ids = (await engine.list()).map(({ id }) => id)
  const inspectAll = async (): Promise<void> => {
    const left = ids.values()
    const worker = async (): Promise<void> => {
      for (const id of left) await engine.client.get(`/v1.41/containers/${id}/json`)
    }
    await Promise.all(Array.from({ length: INSPECTIONS_AT_A_TIME }, worker))
  }
  await benchLists(`Docker: ${LIVE} live containers`, engine, LIVE, { 'the inspections alone': inspectAll })
}

async function ownShare(lab: Lab): Promise<void> {
  await using fake = await FakeDocker.start(lab.path('fake-docker.sock'), CONTAINERS)
  await using engine = new DockerEngine(fake.socket)
  await benchLists(`${CONTAINERS} containers of a server that answers at once`, engine, CONTAINERS)
  await using watcher = watch(fake.socket, { type: 'docker.com' })
  await watcher.ready()
  const id = '0'.repeat(64)
  const event = (Action: string): string =>
    `${JSON.stringify({ Type: 'container', Action, Actor: { ID: id, Attributes: {} }, timeNano: Date.now() * 1e6 })}\n`
  await benchMemory('Docker (the same server)', async (count, told) => {
    const all = new Promise<void>((resolve) => {
      let left = count
      watcher.tap((batch) => {
        for (const _ of batch) {
          told()
          if (--left === 0) resolve()
        }
      })
    })
    const pair = (event('pause') + event('unpause')).repeat(EVENTS_AT_A_TIME / 2)
    await fake.tell(pair, count / EVENTS_AT_A_TIME)
    await all
  })
}
