/** Two who bring the end of one run at the same time, from the queues of a container and of the one that takes its place. */

import { deferred } from '@teu/spec'
import { expect, test } from 'vitest'
import { contextOf } from '../context.ts'
import { SPEC, withFake } from '../testing/fake-client.ts'
import { settleExit } from './settle-exit.ts'
import { tellDelete } from './tell-delete.ts'

test('a deletion is not told while the exit still waits for output', () =>
  withFake(async ({ client, names }) => {
    await client.create('a', SPEC)
    await client.start('a', { stdio: () => undefined })
    const ctx = contextOf(client)
    const container = ctx.known.get('a')
    const run = container?.init
    if (run?.io === undefined || container === undefined) throw new Error('no streams')
    const read = deferred<boolean>()
    run.io.drainedWithin = () => read.promise
    const exit = settleExit(ctx, container, run, { exitCode: 3, source: 'resync' })
    const deletion = tellDelete(ctx, container, run)
    await new Promise((resolve) => setImmediate(resolve))
    read.resolve(true)
    await Promise.all([exit, deletion])
    await new Promise((resolve) => setImmediate(resolve))
    expect(names().slice(-2)).toEqual(['~exit init 3', '~delete init'])
  }))
