import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { type Spec, tmpfsMount } from '@teu/spec'
import { expect } from 'vitest'
import { importImage } from '../../src/image/import/import-image.ts'
import { deleteImage } from '../../src/image/record/manage-images.ts'
import { createFromImage } from '../../src/image/run/create-from-image.ts'
import { runImage } from '../../src/image/run/run-image.ts'
import { Layout } from '../../src/testing/image-files.ts'
import type { Containerd } from '../../src/containerd.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { baseLayer, changesLayer, topLayer } from './busybox-image.ts'
import { bundlesIn } from '../support/daemon.ts'
import { type Daemon, daemonTests } from './daemon.ts'

const NAME = 'example.org/box:1'

async function ready(daemon: Daemon, run: object = {}): Promise<Containerd> {
  const layout = new Layout()
  layout.tag(
    layout.image({
      layers: [await baseLayer(), await changesLayer(), await topLayer()],
      run: { Entrypoint: ['/bin/sh', '-c'], Cmd: ['echo $FROM_IMAGE $(pwd) $(id -u):$(id -g)'], ...run },
    }),
    NAME,
  )
  await importImage(daemon.services, Readable.from([await layout.archive()]))
  return daemon.client()
}

/** Of containers; the image stays. */
async function expectNoContainers(daemon: Daemon, lab: Lab): Promise<void> {
  const { containers, snapshots, leases, ingests } = await daemon.holdings()
  expect({ containers, leases, ingests, snapshots: snapshots.length }).toEqual({ containers: [], leases: [], ingests: [], snapshots: 3 })
  expect((await daemon.services.tasks.list({})).tasks).toEqual([])
  expect(bundlesIn(lab.path('fifos'))).toEqual([])
}

daemonTests('run', (test) => {
  test('what the image says', async (daemon, lab) => {
    const client = await ready(daemon, { Env: ['FROM_IMAGE=yes'], WorkingDir: '/data', User: 'app' })
    expect(await runImage(client, NAME, [], { capture: true })).toMatchObject({
      exitCode: 0,
      stdout: 'yes /data 1234:1235\n',
      stderr: '',
      isTruncated: false,
      oomKilled: false,
    })
    await expectNoContainers(daemon, lab)
  })

  test('labels of the image, but for those that engines act on; the caller may not set those of engines either', async (daemon, lab) => {
    const precious = lab.path('precious')
    const hostile = { 'dev.teu/bundle': precious, 'com.docker/engine.bundle.path': precious, 'nerdctl/name': 'database' }
    const client = await ready(daemon, { Labels: { ...hostile, title: 'box' } })
    {
      await using container = await createFromImage(client, NAME)
      const { labels } = await container.handle.record()
      expect(labels).toEqual({
        title: 'box',
        'dev.teu/bundle': lab.path(`fifos/${container.id}`),
        'dev.teu/nonce': expect.any(String) as string,
      })
      await container.handle.start({ withStdin: true, stdio: () => {} })
      expect(existsSync(precious)).toBe(false)
    }
    await expect(createFromImage(client, NAME, { labels: { 'dev.teu/bundle': precious } })).rejects.toMatchObject({
      code: 'ERR_TEU_INVALID_ARGUMENT',
    })
    await expectNoContainers(daemon, lab)
  })

  test('layers with whiteouts, exit codes, both outputs, input', async (daemon, lab) => {
    const client = await ready(daemon)
    const script = 'cat; ls /data /old; cat /data/changed /data/top; echo oops >&2; touch /new && exit 3'
    const result = await runImage(client, NAME, [script], { capture: true, stdin: Readable.from(['typed\n']) })
    expect(result).toMatchObject({
      exitCode: 3,
      stdout: 'typed\n/data:\nchanged\nkept\nowned\ntop\n\n/old:\nabove\nafter\ntop\n',
      stderr: 'oops\n',
    })
    // Each container has a root of its own.
    expect((await runImage(client, NAME, ['test ! -e /new'])).exitCode).toBe(0)
    await expectNoContainers(daemon, lab)
  })

  test('what the caller says', async (daemon) => {
    const client = await ready(daemon, { Env: ['A=image', 'B=image'], User: 'app' })
    const { stdout } = await runImage(
      client,
      NAME,
      ['echo $A $B $(id -u) $(id -G) $(pwd); touch /scratch/x && ls /scratch; touch /y || echo ro'],
      {
        capture: true,
        env: { B: 'caller' },
        user: '0:77',
        cwd: '/tmp',
        readonly: true,
        mounts: [tmpfsMount('/scratch')],
        memory: '64MiB',
        pids: 50,
        labels: { mine: 'yes' },
      },
    )
    expect(stdout).toBe('image caller 0 77 /tmp\nx\nro\n')
    const terminal = await runImage(client, NAME, ['test -t 1 && echo tty'], { capture: true, terminal: true })
    expect(terminal).toMatchObject({ exitCode: 0, stdout: 'tty\r\n' })
    expect(terminal).not.toHaveProperty('stderr')
    const own = await runImage(client, NAME, ['x'], { capture: true, entrypoint: ['/bin/echo', 'own'] })
    expect(own.stdout).toBe('own x\n')
  })

  test('output beyond the limit is dropped', async (daemon) => {
    const client = await ready(daemon)
    const script = 'n=0; while test $n -lt 2000; do echo 0123456789012345678901234567890123456789; n=$((n+1)); done'
    const result = await runImage(client, NAME, [script], { capture: true, captureLimitBytes: 1000 })
    expect(result).toMatchObject({ exitCode: 0, isTruncated: true })
    expect(result.stdout).toHaveLength(1000)
  })

  test('failures leave nothing', async (daemon, lab) => {
    const client = await ready(daemon)
    const attempt = (options: object, args: string[] = ['true']): Promise<unknown> =>
      runImage(client, NAME, args, options).catch((error: unknown) => error)
    expect(await attempt({ user: 'nobody' })).toMatchObject({
      code: 'ERR_TEU_CONFIG_INVALID',
      message: expect.stringContaining('/etc/passwd'),
    })
    expect(await attempt({ entrypoint: ['/no/such'] })).toMatchObject({ code: 'ERR_TEU_PROCESS_START' })
    expect(await attempt({ platform: 'linux/s390x' })).toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    expect(await attempt({ cwd: 'relative' })).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID' })
    expect(await attempt({ nonsense: 1 })).toBeInstanceOf(TypeError)
    expect(await attempt({ id: 'not valid' })).toMatchObject({ code: 'ERR_TEU_INVALID_ID' })
    expect(await attempt({ capture: true, stdio: 'null' })).toMatchObject({ code: 'ERR_TEU_USAGE' })
    await runImage(client, NAME)
    await expectNoContainers(daemon, lab)
  })

  test('an id in use is left alone', async (daemon, lab) => {
    const client = await ready(daemon)
    await using container = await createFromImage(client, NAME, { id: 'web', args: ['sleep 100'] })
    await container.handle.start()
    await expect(runImage(client, NAME, ['true'], { id: 'web' })).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    await expect(runImage(client, NAME, ['true'], { id: 'web', user: 'nobody' })).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    const { spec } = await container.handle.record()
    await client.create('raw', spec as Spec)
    await expect(createFromImage(client, NAME, { id: 'raw' })).rejects.toMatchObject({ code: 'ERR_TEU_ALREADY_EXISTS' })
    await expect(createFromImage(client, NAME, { id: 'raw', user: 'nobody' })).rejects.toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID' })
    await client.delete('raw')
    expect(await container.handle.status()).toBe('running')
    await daemon.collectGarbage()
    expect((await daemon.holdings()).snapshots).toContain('web')
    await container.remove()
    await container.remove()
    await expectNoContainers(daemon, lab)
  })

  test('aborted at any time, it leaves nothing', async (daemon, lab) => {
    const client = await ready(daemon)
    await runImage(client, NAME)
    for (const ms of [0, 5, 10, 20, 40, 80, 160, 600]) {
      const signal = AbortSignal.timeout(ms)
      await expect(runImage(client, NAME, ['sleep 100'], { signal, capture: true })).rejects.toMatchObject({ name: 'TimeoutError' })
      await expectNoContainers(daemon, lab)
    }
  })

  test('an image that is deleted goes when its container goes', async (daemon) => {
    const client = await ready(daemon)
    const container = await createFromImage(client, NAME, { args: ['cat /data/top'] })
    await deleteImage(client.services, NAME, { sync: true })
    expect((await daemon.holdings()).snapshots).toHaveLength(4)
    await container.handle.start()
    expect((await container.handle.wait()).exitCode).toBe(0)
    await container.remove()
    await daemon.expectEmpty()
  })

  test('a signal that the image asks for', async (daemon) => {
    const client = await ready(daemon, { StopSignal: 'SIGUSR1', Labels: { a: 'b' } })
    await using container = await createFromImage(client, NAME, { args: ['trap "exit 7" USR1; while :; do sleep 0.05; done'] })
    expect(container.stopSignal).toBe('SIGUSR1')
    expect((await container.handle.record()).labels).toMatchObject({ a: 'b', 'io.containerd.image.config.stop-signal': 'SIGUSR1' })
    await container.handle.start()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await container.handle.signalProcess('init', container.stopSignal ?? 'SIGTERM')
    expect((await container.handle.wait()).exitCode).toBe(7)
  })
})
