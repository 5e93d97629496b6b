/** The daemon goes away and comes back while containers live on. */

import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { eventually } from '../../../tests/harness/wait.ts'
import { EventLog, fifosBelow } from './support/daemon.ts'
import { withEachRuntime, withRunc } from './support/runtimes.ts'
import { Sink } from './support/streams.ts'

withEachRuntime('a daemon that is killed', (test) => {
  test('containers, streams and waits survive; exits of that time are told once, as resync', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    const input: Record<string, Sink> = {}
    const handles = ['long', 'short', 'paused'].map((id) => client.container(id))
    const [long, short, paused] = handles as [(typeof handles)[0], (typeof handles)[0], (typeof handles)[0]]
    for (const { id } of handles) {
      await client.create(id, daemon.script(id === 'short' ? 'echo ready; sleep 0.6; exit 9' : 'echo ready; sleep 1000'))
      input[id] = new Sink()
      await client.start(id, { stdio: { stdout: input[id] } })
      await input[id].waitFor('ready')
    }
    await long.exec('e1', daemon.process('/bin/sh', '-c', 'sleep 0.6; exit 5'))
    await paused.pause()
    const waiting = short.wait()
    await daemon.stop('SIGKILL')
    await expect(client.status('long')).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE', path: daemon.socket })
    await expect(client.start('other')).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    await expect(client.version()).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
    await delay(1_000)
    await daemon.start()
    expect(await waiting).toMatchObject({ exitCode: 9 })
    expect(await log.waitFor('short', 'exit')).toMatchObject({ exitCode: 9 })
    expect(await log.waitFor('long', 'exit', 'e1')).toMatchObject({ exitCode: 5 })
    expect(await long.status()).toBe('running')
    expect(await paused.status()).toBe('paused')
    // Events come in again.
    await paused.resume()
    await log.waitFor('paused', 'resumed')
    await long.signalProcess('init', 'KILL')
    expect(await log.waitFor('long', 'exit')).toMatchObject({ exitCode: 137 })
    for (const handle of handles) {
      await handle.deleteTask({ force: true })
      await log.waitFor(handle.id, 'delete')
      expect(log.of(handle.id, 'exit')).toHaveLength(1)
      await handle.delete()
    }
    expect(log.of('long', 'exit', 'e1')).toHaveLength(1)
  })
})

withRunc('a daemon that is killed in the middle of calls', (test) => {
  test('start and exec fail, and nothing is left of them', async (daemon) => {
    daemon.mayLoseShims = true
    const client = await daemon.client()
    const base = await client.create('base', daemon.spec(['/bin/sleep', '1000']))
    await base.start()
    for (const [round, delayMs] of [5, 30, 60, 90, 120].entries()) {
      const id = `a${round}`
      const handle = await client.create(id, daemon.spec(['/bin/sleep', '1000']))
      const starting = handle.start({ stdio: { stdout: new Sink() } }).catch((error: unknown) => error)
      const exec = base.exec(id, daemon.process('/bin/sleep', '1000'), { stdio: { stdout: new Sink() } }).catch((error: unknown) => error)
      await delay(delayMs)
      await daemon.restart()
      const [started, execed] = await Promise.all([starting, exec])
      if (typeof started === 'number') {
        // The connection is made anew only after a while.
        await eventually('the connection', () => handle.status().catch(() => undefined), 10_000)
        await handle.deleteTask({ force: true })
      } else {
        expect(started).toMatchObject({ code: expect.stringMatching(/^ERR_TEU_(UNAVAILABLE|RUNTIME)$/) })
      }
      await eventually(`no task of ${id}`, async () => ((await handle.task().catch(() => null)) === undefined ? true : undefined), 10_000)
      if (typeof execed === 'number') {
        await base.signalProcess(id, 'KILL')
        await base.wait(id).catch(() => undefined)
      }
      await eventually('no exec', async () => ((await base.execs()).length === 0 ? true : undefined), 10_000)
      expect(fifosBelow(daemon.stateDir)).toEqual([])
      await handle.delete()
    }
    expect(await base.status()).toBe('running')
    await base.deleteTask({ force: true })
    await base.delete()
  })
})
