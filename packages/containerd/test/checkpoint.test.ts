/** Checkpoints through a real daemon, with a runtime that writes and checks files where CRIU would. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { EventLog, fifosBelow } from './support/daemon.ts'
import { withRunc } from './support/runtimes.ts'
import { stubRuntime } from './support/stub-runtime.ts'
import { Sink } from './support/streams.ts'

withRunc('checkpoints', (test) => {
  test('go into a directory, and containers start from it; nothing stays in the daemon', async (daemon) => {
    const binaryName = stubRuntime(daemon.lab)
    const log = new EventLog()
    const client = await daemon.client({
      onEvent: log.record,
      runtime: { name: 'io.containerd.runc.v2', options: { binaryName, root: daemon.lab.path('runtime') } },
    })
    const handle = await client.create('a', daemon.script('echo alive; sleep 1000'))
    await handle.start()
    const dir = daemon.lab.path('checkpoint')
    await handle.createCheckpoint(dir, { openTcp: true, fileLocks: true })
    expect(new Set(readdirSync(dir, { recursive: true, encoding: 'utf8' }))).toEqual(
      new Set(['core.img', 'empty.img', 'link.img', 'sub', 'sub/pages.img']),
    )
    expect(readFileSync(join(dir, 'link.img'), 'utf8')).toBe('core of a\n')
    expect(readFileSync(join(dir, 'sub/pages.img')).length).toBe(3_000_000)
    expect(readFileSync(daemon.lab.path('marks/checkpoint'), 'utf8')).toMatch(/--tcp-established.*--file-locks/)
    expect(await handle.status()).toBe('running')
    // Paused containers stay so.
    await handle.pause()
    await handle.createCheckpoint(daemon.lab.path('second'))
    expect(await handle.status()).toBe('paused')
    await handle.resume()
    await handle.createCheckpoint(daemon.lab.path('third'), { exit: true })
    expect(await log.waitFor('a', 'exit')).toMatchObject({ exitCode: 137 })
    await handle.deleteTask()

    for (const life of [1, 2]) {
      const stdout = new Sink()
      const pid = await handle.start({ checkpointDir: dir, stdio: { stdout } })
      expect(existsSync(`/proc/${pid}`)).toBe(true)
      await stdout.waitFor('alive')
      expect(readFileSync(daemon.lab.path('marks/restored'), 'utf8')).toMatch(/pages\.img\ncore of a\n$/)
      await handle.deleteTask({ force: true })
      await log.waitFor('a', 'delete', 'init', life + 1)
    }
    await handle.delete()
    const blobs: string[] = []
    for await (const { info } of client.services.content.list({})) blobs.push(...info.map(({ digest }) => digest))
    expect(blobs).toEqual([])
    expect((await client.services.leases.list({})).leases).toEqual([])
    expect(fifosBelow(daemon.stateDir)).toEqual([])
  })

  test('that fail are explained with the words of CRIU, and the container runs on', async (daemon) => {
    const binaryName = stubRuntime(daemon.lab)
    const runtime = { name: 'io.containerd.runc.v2', options: { binaryName, root: daemon.lab.path('runtime') } }
    const client = await daemon.client({ runtime })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    await expect(handle.createCheckpoint(daemon.lab.path('none'))).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await handle.start()
    writeFileSync(daemon.lab.path('marks/fail'), '')
    await expect(handle.createCheckpoint(daemon.lab.path('none'))).rejects.toMatchObject({
      code: 'ERR_TEU_CRIU',
      message: expect.stringMatching(/criu failed[\s\S]*Error \(criu\/x\.c:1\): cannot dump this/),
    })
    expect(existsSync(daemon.lab.path('none'))).toBe(false)
    expect(await handle.status()).toBe('running')
    const taken = { code: 'ERR_TEU_ALREADY_EXISTS', path: daemon.lab.dir }
    await expect(handle.createCheckpoint(daemon.lab.dir)).rejects.toMatchObject(taken)
    const file = { code: 'ERR_TEU_INVALID_ARGUMENT', errno: 'ENOTDIR' }
    await expect(handle.createCheckpoint(daemon.lab.path('stub/runc'))).rejects.toMatchObject(file)
    await expect(handle.deleteTask({ force: true })).resolves.toMatchObject({ found: true })
    const missing = { code: 'ERR_TEU_INVALID_ARGUMENT', errno: 'ENOENT', path: daemon.lab.path('none') }
    await expect(handle.start({ checkpointDir: daemon.lab.path('none') })).rejects.toMatchObject(missing)
    expect(await handle.task()).toBeUndefined()
    await handle.delete()
  })
})
