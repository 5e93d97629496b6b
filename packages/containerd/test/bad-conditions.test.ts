/** What can go wrong around a daemon. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { home } from '../../../tests/harness/native.ts'
import { describeIf } from '../../../tests/harness/requirements.ts'
import { withLab } from '../../../tests/harness/in-lab.ts'
import { eventually } from '../../../tests/harness/wait.ts'
import { Containerd, type ProcessIo, type TaskEvent } from '../src/index.ts'
import { Daemon, EventLog, fifosBelow } from './support/daemon.ts'
import { serveVersion } from './support/scripted-daemon.ts'
import { stopProcess } from './support/stop-process.ts'
import { daemonRequirements, runc, withEachRuntime } from './support/runtimes.ts'
import { Sink } from './support/streams.ts'

describeIf('connecting', daemonRequirements, () => {
  it('without a socket fails after the time that was given, and says what is missing', () =>
    withLab(async (lab) => {
      const address = `unix://${lab.path('nothing.sock')}`
      const start = performance.now()
      await expect(Containerd.connect({ address, connectTimeoutMs: 300 })).rejects.toMatchObject({
        code: 'ERR_TEU_UNAVAILABLE',
        errno: 'ENOENT',
        path: lab.path('nothing.sock'),
        remedy: expect.any(String),
      })
      expect(performance.now() - start).toBeGreaterThan(250)
    }))

  it('waits for a daemon that is only being started', () =>
    withLab(async (lab) => {
      const daemon = new Daemon(lab, runc)
      const connecting = daemon.client({ connectTimeoutMs: 10_000 })
      await daemon.start()
      expect(await (await connecting).version()).toMatchObject({ version: expect.any(String) })
      await daemon.close()
    }))

  it('to something that is no daemon fails in time', () =>
    withLab(async (lab) => {
      const server = createServer((socket) => socket.on('error', () => {})).listen(lab.path('mute.sock'))
      await once(server, 'listening')
      const address = lab.path('mute.sock')
      await expect(Containerd.connect({ address, connectTimeoutMs: 500 })).rejects.toMatchObject({ code: 'ERR_TEU_UNAVAILABLE' })
      server.close()
    }))

  it('without the right to fails at once', () =>
    withLab(async (lab) => {
      mkdirSync(lab.path('closed'))
      chmodSync(lab.dir, 0o755)
      const server = createServer().listen(lab.path('root.sock'))
      await once(server, 'listening')
      chmodSync(lab.path('root.sock'), 0o600)
      const script = `
        import { Containerd } from ${JSON.stringify(`${home}/packages/containerd/src/index.ts`)}
        const start = performance.now()
        const error = await Containerd.connect({ address: ${JSON.stringify(lab.path('root.sock'))} }).catch((error) => error)
        console.log(JSON.stringify({ code: error.code, errno: error.errno, quick: performance.now() - start < 5000 }))`
      const child = spawn(process.execPath, ['--conditions=@teu/source', '--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: home,
        uid: 65_534,
        gid: 65_534,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env['PATH'], TSX_DISABLE_CACHE: '1' },
      })
      const output = new Sink()
      child.stdout.pipe(output)
      await once(child, 'close')
      expect(JSON.parse(output.text)).toEqual({ code: 'ERR_TEU_UNAVAILABLE', errno: 'EACCES', quick: true })
      server.close()
    }))

  it('to a containerd that is too old fails at once, and says which is needed', () =>
    withLab(async (lab) => {
      const address = lab.path('old.sock')
      await using _server = await serveVersion(address, 'v1.2.14')
      await expect(Containerd.connect({ address, connectTimeoutMs: 600_000 })).rejects.toMatchObject({
        code: 'ERR_TEU_UNSUPPORTED',
        message: 'Cannot use containerd "v1.2.14": it is older than 1.6',
        remedy: 'Update containerd to 1.6 or later',
      })
    }))

  it('to something that has none of the services of containerd fails at once', () =>
    withLab(async (lab) => {
      const address = lab.path('odd.sock')
      await using _server = await serveVersion(address, 'built by myself')
      await expect(Containerd.connect({ address, connectTimeoutMs: 600_000 })).rejects.toMatchObject({
        code: 'ERR_TEU_UNSUPPORTED',
        message: expect.stringMatching(/^Cannot connect to containerd: .*implement/),
      })
    }))

  it('refuses names that are no namespaces, and options that are none', async () => {
    await expect(Containerd.connect({ namespace: 'a/b' })).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    await expect(Containerd.connect({ namespace: 'version' })).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    await expect(Containerd.connect({ adress: '/x' } as object)).rejects.toThrow('Containerd.connect: there is no option adress')
  })
})

withEachRuntime('bad conditions', (test) => {
  test('a namespace that nobody has used is empty, and its containers are not found', async (daemon) => {
    const client = await daemon.client({ namespace: 'nobody' })
    expect(await client.list()).toEqual([])
    await expect(client.start('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND', containerId: 'a' })
    await expect(client.restore('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await expect(client.status('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await expect(client.createCheckpoint('a', daemon.lab.path('cp'))).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
  })

  test('ids and configs are checked before anything is done', async (daemon) => {
    const client = await daemon.client()
    await expect(client.create('a/b', daemon.script('true'))).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    const spec = { ...daemon.script('true'), process: { cwd: 'relative' } }
    await expect(client.create('a', spec as never)).rejects.toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: expect.any(String) })
    const labels = { big: 'x'.repeat(5000) }
    await expect(client.create('a', daemon.script('true'), { labels })).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ARGUMENT' })
    expect(await client.list()).toEqual([])
  })

  test('a shim that is killed: one exit, one delete, and the container can be started again', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    const pid = await handle.start({ stdio: { stdout: new Sink() } })
    const [shim = 0] = daemon.shims()
    process.kill(shim, 'SIGKILL')
    expect(await log.waitFor('a', 'exit')).toMatchObject({ exitCode: expect.toBeOneOf([137, 255]), pid })
    await log.waitFor('a', 'delete')
    await eventually('the task is gone', async () => ((await handle.task()) === undefined ? true : undefined))
    expect(await handle.deleteTask()).toMatchObject({ found: false })
    await handle.start()
    await handle.deleteTask({ force: true })
    await log.waitFor('a', 'delete', 'init', 2)
    expect(log.of('a', 'exit')).toHaveLength(2)
    expect(fifosBelow(daemon.stateDir)).toEqual([])
    await handle.delete()
  })

  test('a shim that does not answer: its status is unknown, and nothing is concluded from that', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    await handle.start()
    const [shim = 0] = daemon.shims()
    await stopProcess(shim)
    try {
      expect(await handle.status()).toBe('unknown')
    } finally {
      process.kill(shim, 'SIGCONT')
    }
    await eventually('an answer', async () => ((await handle.status()) === 'running' ? true : undefined), 10_000)
    expect(log.of('a', 'exit')).toEqual([])
    await handle.deleteTask({ force: true })
    await log.waitFor('a', 'exit')
    expect(log.of('a', 'exit')).toHaveLength(1)
    await handle.delete()
  })

  test('a daemon that does not answer: calls end at their deadline, and work again when it does', async (daemon) => {
    const client = await daemon.client({ callTimeoutMs: 300 })
    await client.create('a', daemon.script('true'))
    await stopProcess(daemon.pid)
    try {
      await expect(client.list()).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT' })
      await expect(client.status('a')).rejects.toMatchObject({ code: 'ERR_TEU_TIMEOUT', containerId: 'a' })
      const reason = new Error('enough')
      await expect(client.list([], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    } finally {
      process.kill(daemon.pid, 'SIGCONT')
    }
    expect(await client.list()).toHaveLength(1)
    await client.delete('a')
  })

  test('starts, execs and deletions at the same time: one of each wins', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    const codes = (results: PromiseSettledResult<unknown>[]): string[] =>
      results.map((result) => (result.status === 'fulfilled' ? 'ok' : String((result.reason as { code?: string }).code))).sort()
    expect(codes(await Promise.allSettled([handle.start(), handle.start(), client.start('a')]))).toEqual([
      'ERR_TEU_ALREADY_EXISTS',
      'ERR_TEU_ALREADY_EXISTS',
      'ok',
    ])
    const exec = (): Promise<number> => handle.exec('e1', daemon.process('/bin/sleep', '1000'))
    expect(codes(await Promise.allSettled([exec(), exec()]))).toEqual(['ERR_TEU_ALREADY_EXISTS', 'ok'])
    const gone = await Promise.all([handle.deleteTask({ force: true }), handle.deleteTask({ force: true })])
    expect(gone.filter(({ found }) => found)).toHaveLength(1)
    expect(codes(await Promise.allSettled([handle.delete(), handle.delete()]))).toEqual(['ERR_TEU_NOT_FOUND', 'ok'])
  })

  test('handlers may call anything for the container whose exit they are told of', async (daemon) => {
    let lives = 0
    const done: TaskEvent[] = []
    const client: Containerd = await daemon.client({
      async onEvent(event) {
        if (event.type !== 'exit') return
        lives += 1
        await client.deleteTask('a')
        if (lives < 3) await client.start('a', { stdio: { stdout: new Sink() } })
        else done.push(event)
        if (lives === 2) throw new Error('a handler that fails')
      },
    })
    await client.create('a', daemon.script('exit 3'))
    await client.start('a')
    await eventually('three lives', () => (done.length > 0 ? true : undefined), 10_000)
    expect(lives).toBe(3)
    await client.delete('a')
  })

  test('a snapshot that is gone: the start says so, leaves nothing, and the container can be removed', async (daemon) => {
    const client = await daemon.client()
    const { snapshots } = client.services
    const rootfs = { snapshotter: 'native', key: 'root-of-a' }
    // Not to be collected before we remove it.
    await snapshots.prepare({ ...rootfs, labels: { 'containerd.io/gc.root': new Date().toISOString() } })
    const handle = await client.create('a', daemon.script('true'), { snapshotter: rootfs.snapshotter, snapshotKey: rootfs.key })
    await snapshots.remove(rootfs)
    await expect(handle.start({ stdio: { stdout: new Sink() } })).rejects.toMatchObject({
      code: 'ERR_TEU_NOT_FOUND',
      containerId: 'a',
      message: expect.stringMatching(/^Cannot start container "a": .*root-of-a/),
    })
    expect(await handle.task()).toBeUndefined()
    expect(daemon.shims()).toEqual([])
    expect(fifosBelow(daemon.stateDir)).toEqual([])
    await handle.delete()
  })

  test('other programs that read the event bus understand what this client puts there', async (daemon) => {
    const ctr = daemon.lab.spawn(['ctr', '--address', daemon.socket, 'events'])
    // It says nothing when it listens.
    const line = await eventually('a message of ours', async () => {
      await (await daemon.client())[Symbol.asyncDispose]()
      return ctr.stdout.seen.find((text) => text.includes('/teu/sync'))
    })
    expect(line).toMatch(/ \/teu\/sync \{"seconds":\d+,"nanos":\d+\}$/)
    expect(ctr.stderr.text).toBe('')
    await ctr[Symbol.asyncDispose]()
  })

  test('containers of others: their events are told on demand, and their methods work', async (daemon) => {
    const one = await daemon.client()
    const two = await daemon.client()
    const unknown = two.events({ unknown: true, types: ['start'] })
    const known = new EventLog()
    const reading = (async () => {
      for await (const event of two.events()) known.record(event)
    })()
    await one.create('a', daemon.spec(['/bin/sleep', '1000']))
    const pid = await one.start('a')
    expect((await unknown.next()).value).toMatchObject({ type: 'start', containerId: 'a', known: false, pid })
    expect(known.events).toEqual([])
    expect(await two.container('a').exec('e1', daemon.process('/bin/true'))).toBeGreaterThan(0)
    await known.waitFor('a', 'exit', 'e1')
    await two.signalProcess('a', 'init', 'KILL')
    expect(await known.waitFor('a', 'exit')).toMatchObject({ exitCode: 137, known: true })
    await one.container('a').wait()
    await two.deleteTask('a')
    await known.waitFor('a', 'delete')
    // The other one hears of the deletion too, and can start it again.
    await eventually('the first client knows', async () => {
      const started = await one.start('a').catch(() => undefined)
      return started
    })
    await known.waitFor('a', 'start')
    await one.deleteTask('a', { force: true })
    await known.waitFor('a', 'delete', 'init', 2)
    await one.delete('a')
    await two[Symbol.asyncDispose]()
    await reading
  })

  test('a client that is disposed leaves the container, and the next one goes on with its streams and execs', async (daemon) => {
    const first = await daemon.client()
    await first.create('a', daemon.script('echo one; read line; echo "two $line"; read line; exit 8'))
    const before = new Sink()
    let io: ProcessIo | undefined
    const pid = await first.start('a', {
      withStdin: true,
      stdio: (own) => {
        io = own
        own.stdout?.pipe(before)
      },
    })
    const execPid = await first.exec('a', 'e1', daemon.process('/bin/sh', '-c', 'read line; exit 4'), { withStdin: true, stdio: () => {} })
    await before.waitFor('one')
    expect(io?.stdin).toBeDefined()
    await first[Symbol.asyncDispose]()

    const log = new EventLog()
    const second = await daemon.client({ onEvent: log.record })
    await expect(second.restore('nothing')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    const after = new Sink()
    let again: ProcessIo | undefined
    let exec: ProcessIo | undefined
    const restored = await second.restore('a', {
      stdio: (own) => {
        again = own
        own.stdout?.pipe(after)
      },
      execStdio: (_id, own) => void (exec = own),
    })
    expect(restored).toEqual({ alive: true, pid, status: 'running', execs: [{ id: 'e1', pid: execPid }] })
    await expect(second.restore('a')).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    again?.stdin?.write('line\n')
    await after.waitFor('two line')
    exec?.stdin?.end()
    expect(await log.waitFor('a', 'exit', 'e1')).toMatchObject({ exitCode: 4 })
    again?.stdin?.end()
    expect(await log.waitFor('a', 'exit')).toMatchObject({ exitCode: 8, source: 'stream' })
    await second[Symbol.asyncDispose]()

    const third = await daemon.client({ onEvent: log.record })
    expect(await third.restore('a')).toMatchObject({ alive: false, status: 'stopped', pid })
    expect(await log.waitFor('a', 'exit', 'init', 2)).toMatchObject({ exitCode: 8, source: 'resync' })
    await third.deleteTask('a')
    await third.delete('a')
    expect(daemon.bundles()).toEqual([])
  })
})
