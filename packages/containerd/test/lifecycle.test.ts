/** The life of containers, with a real containerd. */

import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { expect } from 'vitest'
import { readCgroup } from '../../../tests/harness/cgroups.ts'
import { eventually } from '../../../tests/harness/wait.ts'
import { normalise } from '../src/index.ts'
import { EventLog } from './support/daemon.ts'
import { withEachRuntime } from './support/runtimes.ts'
import { Sink } from './support/streams.ts'

withEachRuntime('the life of a container', (test, runtime) => {
  test('create, start, exit, deleteTask, delete: answers, statuses, events in order', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    expect(await client.version()).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/) })
    const handle = await client.create('a', daemon.script('echo out; echo err >&2; read line; exit 3'), { labels: { 'test.of': 'me' } })
    await expect(handle.status()).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND', containerId: 'a' })
    expect(await handle.task()).toBeUndefined()
    const [stdout, stderr] = [new Sink(), new Sink()]
    let stdin: NodeJS.WritableStream | undefined
    const pid = await client.start('a', {
      withStdin: true,
      stdio: (io) => {
        io.stdout?.pipe(stdout)
        io.stderr?.pipe(stderr)
        stdin = io.stdin
      },
    })
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    expect(await client.status('a')).toBe('running')
    expect(await handle.task()).toMatchObject({ pid, status: 'running', terminal: false })
    expect(await client.listPids('a')).toContain(pid)
    await stdout.waitFor('out\n')
    await stderr.waitFor('err\n')
    stdin?.end('go on\n')
    const exit = await handle.wait()
    expect(exit).toMatchObject({ exitCode: 3, oomKilled: false, exitedAt: expect.any(Date) })
    expect(await client.status('a')).toBe('stopped')
    expect(await client.listPids('a')).toEqual([])
    await expect(client.delete('a')).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', from: 'stopped' })
    expect(await client.deleteTask('a')).toMatchObject({ exitCode: 3, exitedAt: exit.exitedAt, found: true })
    await log.waitFor('a', 'delete')
    expect(log.names('a')).toEqual(['create init', 'start init', 'exit init', 'delete init'])
    expect(log.of('a', 'exit')).toMatchObject([{ pid, exitCode: 3, source: 'stream', known: true, oomKilled: false }])
    expect(await client.deleteTask('a')).toMatchObject({ exitCode: 255, found: false })
    expect(await client.list(['id==a'])).toMatchObject([{ id: 'a', labels: { 'test.of': 'me', 'dev.teu/bundle': `${daemon.stateDir}/a` } }])
    await client.delete('a')
    expect(await client.list()).toEqual([])
    await expect(client.delete('a')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    expect(daemon.bundles()).toEqual([])
  })

  test('create and start apart, and a second life of the same container', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    const handle = await client.create('a', daemon.script('exit 7'))
    for (const life of [1, 2]) {
      const task = await handle.createTask()
      expect(await handle.status()).toBe('created')
      expect(existsSync(task.netnsPath)).toBe(true)
      await expect(handle.start({ stdio: 'null' })).rejects.toMatchObject({ code: 'ERR_TEU_USAGE' })
      expect(await handle.start()).toBe(task.pid)
      expect(await handle.wait()).toMatchObject({ exitCode: 7 })
      await handle.deleteTask()
      await log.waitFor('a', 'delete', 'init', life)
    }
    expect(log.of('a', 'exit')).toHaveLength(2)
    await handle.delete()
  })

  test('exec: output, exit, clean-up, ids', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    const process = daemon.process('/bin/sh', '-c', 'echo in exec; exit 4')
    await expect(handle.exec('e1', process)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING' })
    await handle.start()
    const stdout = new Sink()
    const pid = await handle.exec('e1', process, { stdio: { stdout } })
    await log.waitFor('a', 'exit', 'e1')
    expect(stdout.text).toBe('in exec\n')
    expect(log.of('a', 'exit', 'e1')).toMatchObject([{ exitCode: 4, pid }])
    expect(log.names('a').slice(2)).toEqual(['exec-added e1', 'exec-started e1', 'exit e1'])
    // The name is free as soon as the exit is told.
    await handle.exec('e1', process, { stdio: { stdout } })
    await log.waitFor('a', 'exit', 'e1', 2)
    await eventually('the exec is forgotten', async () => ((await handle.execs()).length === 0 ? true : undefined))
    await expect(client.services.tasks.get({ containerId: 'a', execId: 'e1' })).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    expect(readdirSync(`${daemon.stateDir}/a`)).toEqual([])
    // Running ones.
    const sleeping = await handle.exec('e2', daemon.process('/bin/sleep', '1000'))
    expect(await handle.execs()).toEqual([{ id: 'e2', pid: sleeping }])
    expect(await handle.summary()).toContainEqual({ pid: sleeping, execId: 'e2' })
    await expect(handle.exec('e2', process)).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    await expect(handle.exec('init', process)).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    await expect(handle.exec('a', process)).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    await handle.signalProcess('e2', 'KILL')
    expect(await log.waitFor('a', 'exit', 'e2')).toMatchObject({ exitCode: 137 })
    await handle.deleteTask({ force: true })
    await handle.delete()
  })

  test('failed starts leave nothing, and say why', async (daemon) => {
    const client = await daemon.client()
    const program = daemon.spec(['/bin/nothing'])
    const handle = await client.create('a', program)
    await expect(handle.start({ withStdin: true, stdio: { stdout: new Sink() } })).rejects.toMatchObject({
      code: 'ERR_TEU_PROCESS_START',
      errno: 'ENOENT',
      containerId: 'a',
      message: expect.stringMatching(/^Cannot start container "a": .*\/bin\/nothing/),
    })
    expect(await handle.task()).toBeUndefined()
    expect(readdirSync(`${daemon.stateDir}/a`)).toEqual([])
    await handle.delete()
    const directory = await client.create(
      'b',
      daemon.spec(['/bin/true'], (config) => (config.process.cwd = '/bin/sh')),
    )
    await expect(directory.start()).rejects.toMatchObject({ code: 'ERR_TEU_PROCESS_START', errno: 'ENOTDIR' })
    await directory.delete()
    const plain = await client.create('e', daemon.spec(['/etc/passwd']))
    await expect(plain.start()).rejects.toMatchObject({ code: 'ERR_TEU_PROCESS_START', errno: 'EACCES' })
    await plain.delete()
    const shim = await client.create('c', daemon.spec(['/bin/true']), { runtime: { name: 'io.containerd.nothing.v1' } })
    await expect(shim.start()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_TEU_(RUNTIME|INVALID_ARGUMENT|NOT_FOUND)$/) })
    await shim.delete()
    const running = await client.create('d', daemon.spec(['/bin/sleep', '1000']))
    await running.start()
    const missing = daemon.process('/bin/nothing')
    await expect(running.exec('e1', missing, { stdio: { stdout: new Sink() } })).rejects.toMatchObject({
      code: 'ERR_TEU_PROCESS_START',
      errno: 'ENOENT',
      message: expect.stringMatching(/^Cannot start process "e1" in container "d": /),
    })
    await expect(running.exec('e1', daemon.process('/etc'))).rejects.toMatchObject({ code: 'ERR_TEU_PROCESS_START', errno: 'EACCES' })
    expect(await running.execs()).toEqual([])
    await running.exec('e1', daemon.process('/bin/true'))
    expect(await running.wait('e1')).toMatchObject({ exitCode: 0 })
    await running.deleteTask({ force: true })
    await running.delete()
  })

  test('signals, and the end by them', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.script('trap "exit 9" USR1; echo ready; while :; do sleep 0.05; done'))
    const stdout = new Sink()
    await handle.start({ stdio: { stdout } })
    await stdout.waitFor('ready')
    await expect(handle.signalProcess('init', 65)).rejects.toMatchObject({ code: 'ERR_TEU_USAGE' })
    await expect(handle.signalProcess('e1', 'TERM')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await expect(handle.signalProcess('e1', 'TERM', { all: true })).rejects.toMatchObject({ code: 'ERR_TEU_USAGE' })
    await handle.signalProcess('a', 'USR1')
    expect(await handle.wait()).toMatchObject({ exitCode: 9 })
    await expect(handle.signalProcess('init', 'TERM')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await handle.deleteTask()
    await handle.start()
    await handle.signalProcess('init', 'SIGKILL', { all: true })
    expect(await handle.wait()).toMatchObject({ exitCode: 137 })
    await handle.deleteTask()
    await handle.delete()
  })

  test('pause and resume, and what a pause refuses', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    await expect(handle.pause()).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await handle.createTask()
    await expect(handle.pause()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
    await handle.start()
    await expect(handle.resume()).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_RUNNING' })
    await handle.pause()
    expect(await handle.status()).toBe('paused')
    await expect(handle.pause()).rejects.toMatchObject({ code: 'ERR_TEU_PAUSED', message: expect.stringMatching(/paused/) })
    await expect(handle.exec('e1', daemon.process('/bin/true'))).rejects.toMatchObject({ code: 'ERR_TEU_PAUSED' })
    await handle.resume()
    expect(await handle.status()).toBe('running')
    await log.waitFor('a', 'resumed')
    expect(log.names('a')).toEqual(['create init', 'start init', 'paused init', 'resumed init'])
    await handle.pause()
    // Reaches a paused container too.
    expect(await handle.deleteTask({ force: true })).toMatchObject({ exitCode: 137, found: true })
    await handle.delete()
  })

  test('deleteTask: what runs stays, with force everything goes', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    expect(await client.deleteTask('nothing')).toMatchObject({ exitCode: 255, found: false })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    await handle.createTask()
    await expect(handle.deleteTask()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', from: 'created' })
    await handle.deleteTask({ force: true })
    await handle.start()
    await expect(handle.deleteTask()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', from: 'running' })
    await expect(handle.start()).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    expect(await handle.deleteTask({ force: true })).toMatchObject({ exitCode: 137, found: true })
    await log.waitFor('a', 'delete', 'init', 2)
    expect(log.of('a', 'exit')).toHaveLength(2)
    await handle.delete()
  })

  test('delete: what has a task stays, with force everything goes', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    await expect(client.delete('nothing', { force: true })).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    for (const [program, state] of [
      ['exit 3', 'stopped'],
      ['sleep 1000', 'running'],
      ['sleep 1000', 'created'],
      ['exit 3', 'none'],
    ] as const) {
      const handle = await client.create('a', daemon.script(program))
      if (state === 'created') await handle.createTask()
      else if (state !== 'none') await handle.start()
      if (state === 'stopped') await handle.wait()
      if (state !== 'none') await expect(handle.delete()).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE', from: state })
      await handle.delete({ force: true })
      expect(await client.list()).toEqual([])
      expect((await client.services.tasks.list({})).tasks).toEqual([])
    }
    await log.waitFor('a', 'delete', 'init', 3)
    expect(log.of('a', 'exit').map(({ exitCode }) => exitCode)).toEqual([3, 137, 137])
  })

  test('metrics and changes of limits', async (daemon) => {
    const client = await daemon.client()
    const memory = { v1: 'memory.limit_in_bytes', v2: 'memory.max' }
    const spec = daemon.spec(['/bin/sleep', '1000'], (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 64 << 20 }, pids: { limit: 50 } }
    })
    const cgroupsPath = spec.linux?.cgroupsPath ?? ''
    const handle = await client.create('a', spec)
    await expect(handle.stats()).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    await handle.start()
    const { metrics, read } = await handle.stats()
    expect(read).toBeInstanceOf(Date)
    const usage = normalise(metrics)
    expect(usage.memory).toMatchObject({ limitBytes: 64 << 20, usageBytes: expect.any(Number) })
    expect(usage.pids?.limit).toBe(50)
    // The kernel counts the threads of runc's init for a moment after it has become the program.
    const pids = async (): Promise<number | undefined> => normalise((await handle.stats()).metrics).pids?.current
    await eventually('one process', async () => ((await pids()) === 1 ? true : undefined))
    expect(usage.cpu?.usageMs).toBeGreaterThan(0)
    await handle.updateResources({ memory: { limit: 32 << 20 } })
    expect(readCgroup('memory', cgroupsPath, memory)).toBe(String(32 << 20))
    expect((await handle.record()).spec).toMatchObject({ linux: { resources: { memory: { limit: 64 << 20 } } } })
    await handle.updateResources({ memory: { limit: 48 << 20 } }, { persist: true })
    expect((await handle.record()).spec).toMatchObject({ linux: { resources: { memory: { limit: 48 << 20 }, pids: { limit: 50 } } } })
    await handle.signalProcess('init', 'KILL')
    await handle.wait()
    await expect(handle.updateResources({ memory: { limit: 32 << 20 } })).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING' })
    await handle.deleteTask()
    await handle.delete()
  })

  test('lack of memory is told, and forgotten at the next start', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record })
    // A child grows, so that the shim still watches the container when the kernel has killed.
    const script = 'if [ -e /tmp/second ]; then exit 5; fi; : > /tmp/second; (x=a; while :; do x=$x$x; done); sleep 0.3; exit 6'
    const handle = await client.create(
      'a',
      daemon.script(script, (config) => {
        config.root.readonly = false
        config.linux.resources = { ...config.linux.resources, memory: { limit: 24 << 20, swap: 24 << 20 } }
      }),
    )
    await handle.start()
    expect(await handle.wait()).toMatchObject({ exitCode: 6, oomKilled: true })
    expect(await log.waitFor('a', 'oom')).toMatchObject({ oomKilled: true })
    await log.waitFor('a', 'exit')
    expect(log.of('a', 'exit')).toMatchObject([{ exitCode: 6, oomKilled: true }])
    await handle.deleteTask()
    expect(await log.waitFor('a', 'delete')).toMatchObject({ oomKilled: true })
    await handle.start()
    expect(await handle.wait()).toMatchObject({ exitCode: 5, oomKilled: false })
    await handle.deleteTask()
    await handle.delete()
  })

  test('replace takes the place of a container that runs', async (daemon) => {
    const client = await daemon.client()
    const spec = daemon.spec(['/bin/sleep', '1000'])
    await client.create('a', spec)
    expect(daemon.bundles()).toEqual([])
    await client.start('a', { stdio: { stdout: new Sink() } })
    await expect(client.create('a', spec)).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    const other = await daemon.client()
    await expect(other.create('a', spec)).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    expect(daemon.bundles()).toEqual(['a'])
    await client.create('a', daemon.script('exit 5'), { replace: true })
    expect(daemon.bundles()).toEqual([])
    await client.start('a')
    expect(await client.wait('a')).toMatchObject({ exitCode: 5 })
    await other.create('a', daemon.script('exit 6'), { replace: true })
    await other.start('a')
    expect(await other.container('a').wait()).toMatchObject({ exitCode: 6 })
    await other.deleteTask('a')
    await other.delete('a')
  })

  test('labels do not choose the directory: neither those of a caller nor of a record', async (daemon) => {
    const client = await daemon.client()
    const precious = daemon.lab.path('precious')
    mkdirSync(precious)
    for (const key of ['dev.teu/bundle', 'com.docker/engine.bundle.path']) {
      const labels = { [key]: precious }
      await expect(client.create('a', daemon.script('exit 0'), { labels })).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_ARGUMENT' })
    }
    expect(await client.list()).toEqual([])
    await client.create('a', daemon.script('echo out'))
    for (const bundle of ['/proc/self/x', precious]) {
      const labels = { 'dev.teu/bundle': bundle, 'com.docker/engine.bundle.path': bundle }
      await client.services.containers.update({ container: { id: 'a', labels }, updateMask: { paths: ['labels'] } })
      const other = await daemon.client()
      const stdout = new Sink()
      await other.start('a', { stdio: { stdout } })
      expect(await other.container('a').wait()).toMatchObject({ exitCode: 0 })
      expect(stdout.text).toBe('out\n')
      await other.deleteTask('a')
    }
    const last = await daemon.client()
    await last.restore('a')
    await last.delete('a')
    expect(readdirSync(precious)).toEqual([])
    expect(daemon.bundles()).toEqual([])
  })

  test('a user namespace: the directory stays ours, and its root can reopen its output', async (daemon) => {
    const client = await daemon.client()
    const map = [{ containerID: 0, hostID: 100_000, size: 65_536 }]
    const spec = daemon.spec(['/bin/sh', '-c', 'echo mapped > /dev/stdout'], (config) => {
      config.linux.namespaces = [...(config.linux.namespaces ?? []), { type: 'user' }]
      config.linux.uidMappings = map
      config.linux.gidMappings = map
    })
    const handle = await client.create('a', spec)
    const bundle = `${daemon.stateDir}/a`
    const stdout = new Sink()
    await handle.start({ stdio: { stdout } })
    expect(statSync(bundle)).toMatchObject({ uid: 0, gid: 0 })
    expect(statSync(bundle).mode & 0o077).toBe(0)
    expect(daemon.bundles()).toEqual(['a'])
    expect(await handle.wait()).toMatchObject({ exitCode: 0 })
    expect(stdout.text).toBe('mapped\n')
    await handle.deleteTask()
    await handle.delete()
    expect(existsSync(bundle)).toBe(false)
  })

  test(`features of a daemon that runs ${runtime}`, async (daemon) => {
    const client = await daemon.client()
    const features = await client.features()
    expect(features.snapshotters).toContain('overlayfs')
    expect(features.runtimes).toContain('io.containerd.runc.v2')
    expect(features.uuid).toMatch(/^[0-9a-f-]{36}$/)
    expect(features.cgroupVersion).toBeOneOf([1, 2])
    expect(features.plugins.length).toBeGreaterThan(10)
  })
})
