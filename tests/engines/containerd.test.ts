import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { makeRootfs } from '../harness/bundle.ts'
import { ContainerdDaemon } from '../harness/containerd-daemon.ts'
import { engineTests } from '../harness/engine-tests.ts'
import type { Lab, Result } from '../harness/lab.ts'
import { runtimePath } from '../harness/runtime.ts'
import { eventually } from '../harness/wait.ts'

/** A containerd daemon of the lab's own, and its client ctr. */
class Containerd {
  readonly #lab: Lab
  readonly rootfs: string
  readonly #daemon: ContainerdDaemon

  constructor(lab: Lab) {
    this.#lab = lab
    this.#daemon = new ContainerdDaemon(lab.dir, { spawn: (command) => lab.spawn(command) })
    this.rootfs = lab.path('rootfs')
    makeRootfs(this.rootfs)
  }

  open(): Promise<void> {
    return this.#daemon.start()
  }

  line(...args: readonly string[]): string[] {
    return ['ctr', '--address', this.#daemon.socket, '--namespace', this.#lab.mark, ...args]
  }

  do(...args: readonly string[]): Promise<Result> {
    return this.#lab.command(this.line(...args))
  }

  runLine(id: string, flags: readonly string[], source: readonly string[], ...command: readonly string[]): string[] {
    const own = ['--runc-binary', runtimePath, '--runc-root', this.#lab.root, '--cgroup', this.#lab.cgroupsPath(id)]
    return this.line('run', ...own, ...flags, ...source, id, ...command)
  }

  run(flags: readonly string[], ...command: readonly string[]): Promise<Result> {
    return this.#lab.command(this.runLine(this.#lab.id(), ['--rm', ...flags], ['--rootfs', this.rootfs], ...command))
  }

  /** A task in the background, its streams on FIFOs that nobody reads. */
  async start(...command: readonly string[]): Promise<string> {
    const id = this.#lab.id()
    const flags = ['--detach', '--null-io']
    expect(await this.#lab.command(this.runLine(id, flags, ['--rootfs', this.rootfs], ...command))).toMatchObject({ status: 0 })
    return id
  }

  async status(id: string): Promise<string | undefined> {
    const { stdout } = await this.do('task', 'ls')
    return stdout
      .split('\n')
      .map((line) => line.split(/\s+/))
      .find(([name]) => name === id)?.[2]
  }

  /** Ends every task and container, then the daemon: shims would outlive it. */
  async close(): Promise<void> {
    const ids = (await this.do('container', 'ls', '--quiet')).stdout.split('\n').filter((id) => id !== '')
    for (const id of ids) {
      await this.do('task', 'rm', '--force', id)
      await this.do('container', 'rm', id)
    }
    await this.#daemon.stop()
  }
}

/** Writes an image of one layer in the OCI layout and resolves with its tar file. */
async function makeImage(lab: Lab, rootfs: string, name: string): Promise<string> {
  const layout = lab.path('layout')
  mkdirSync(`${layout}/blobs/sha256`, { recursive: true })
  const blob = (content: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const hash = createHash('sha256').update(content).digest('hex')
    writeFileSync(`${layout}/blobs/sha256/${hash}`, content)
    return { mediaType, digest: `sha256:${hash}`, size: content.length }
  }
  const json = (value: object, mediaType: string): ReturnType<typeof blob> => blob(Buffer.from(JSON.stringify(value)), mediaType)
  await lab.command(['tar', '--create', '--file', lab.path('layer.tar'), '--directory', rootfs, '.'])
  const layer = blob(readFileSync(lab.path('layer.tar')), 'application/vnd.oci.image.layer.v1.tar')
  const config = json(
    {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Env: ['FROM_IMAGE=yes'], Cmd: ['/bin/echo', 'from the image'] },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    },
    'application/vnd.oci.image.config.v1+json',
  )
  const manifest = json({ schemaVersion: 2, config, layers: [layer] }, 'application/vnd.oci.image.manifest.v1+json')
  const named = { ...manifest, annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': 'latest' } }
  writeFileSync(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests: [named] }))
  writeFileSync(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
  await lab.command(['tar', '--create', '--file', lab.path('image.tar'), '--directory', layout, '.'])
  return lab.path('image.tar')
}

engineTests('containerd', ['containerd', 'ctr', 'script', 'tar'], (test) => {
  const containerd = (name: string, body: (engine: Containerd, lab: Lab) => Promise<void>): void =>
    test(name, async (lab) => {
      const engine = new Containerd(lab)
      await engine.open()
      try {
        await body(engine, lab)
      } finally {
        await engine.close()
      }
    })

  containerd('run passes output and exit status through', async (engine) => {
    expect(await engine.run([], '/bin/sh', '-c', 'echo out; echo err >&2; exit 5')).toMatchObject({
      status: 5,
      stdout: 'out\n',
      stderr: expect.stringMatching(/^err\n/),
    })
    expect((await engine.do('container', 'ls', '--quiet')).stdout).toBe('')
  })

  containerd('run says why a program cannot be started', async (engine) => {
    const missing = await engine.run([], '/no/such/program')
    expect(missing.status).toBe(1)
    expect(missing.stderr).toContain('no such file or directory')
    const unknown = await engine.run([], 'no-such-program')
    expect(unknown.stderr).toContain('executable file not found in $PATH')
    expect((await engine.run([], '/etc/passwd')).stderr).toContain('permission denied')
  })

  containerd('run -t gives a terminal', async (engine, lab) => {
    const line = engine.runLine(
      lab.id(),
      ['--rm', '--tty'],
      ['--rootfs', engine.rootfs],
      '/bin/sh',
      '-c',
      '/probe tty; read word; echo got $word; exit 6',
    )
    const child = lab.spawn(['script', '--quiet', '--return', '--command', line.map((word) => `'${word}'`).join(' '), '/dev/null'])
    expect(JSON.parse(await child.stdout.waitFor((text) => text.startsWith('{"isatty"')))).toMatchObject({
      isatty: [true, true, true],
      controlling: true,
    })
    child.write('typed\n')
    await child.stdout.waitFor((text) => text.includes('got typed'))
    expect((await child.ended).code).toBe(6)
  })

  containerd('run has the user, limits, capabilities and seccomp profile of ctr', async (engine) => {
    const result = await engine.run(
      ['--cwd', '/tmp', '--env', 'A=b', '--seccomp', '--memory-limit', '67108864', '--read-only'],
      '/probe',
      'self',
      '--',
      'env',
      '--',
      'seccomp',
      '--',
      'mkdir',
      '/new',
    )
    const [self, env, seccomp, made] = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(self).toMatchObject({ cwd: '/tmp' })
    expect(env).toEqual(expect.arrayContaining(['A=b']))
    expect(seccomp).toMatchObject({ mode: 2 })
    expect(made).toEqual(['EROFS'])
  })

  containerd('a task in the background is listed, entered, paused, signalled and removed', async (engine) => {
    const id = await engine.start('/probe', 'signals')
    expect(await engine.status(id)).toBe('RUNNING')
    const run = await engine.do('task', 'exec', '--exec-id', 'e1', id, '/bin/sh', '-c', 'echo inside; exit 3')
    expect(run).toMatchObject({ status: 3, stdout: 'inside\n' })
    const pids = await engine.do('task', 'ps', id)
    expect(pids.stdout.trim().split('\n')).toHaveLength(2)

    expect((await engine.do('task', 'pause', id)).status).toBe(0)
    expect(await engine.status(id)).toBe('PAUSED')
    expect((await engine.do('task', 'resume', id)).status).toBe(0)
    expect(await engine.status(id)).toBe('RUNNING')

    expect((await engine.do('task', 'kill', '--signal', 'SIGTERM', id)).status).toBe(0)
    await eventually('the end', async () => ((await engine.status(id)) === 'STOPPED' ? true : undefined))
    await engine.do('task', 'rm', id)
    expect(await engine.status(id)).toBeUndefined()
  })

  containerd('exec with a terminal and exec that fails', async (engine, lab) => {
    const id = await engine.start('/bin/sleep', '1000')
    const line = engine.line('task', 'exec', '--tty', '--exec-id', 'e1', id, '/probe', 'tty')
    const child = lab.spawn(['script', '--quiet', '--return', '--command', line.join(' '), '/dev/null'])
    expect(JSON.parse(await child.stdout.waitFor((text) => text.startsWith('{"isatty"')))).toMatchObject({ isatty: [true, true, true] })
    expect((await child.ended).code).toBe(0)
    const failed = await engine.do('task', 'exec', '--exec-id', 'e2', id, 'no-such-program')
    expect(failed.status).toBe(1)
    expect(failed.stderr).toContain('executable file not found in $PATH')
  })

  containerd('kill ends a task with 137, also one that ignores signals', async (engine) => {
    const id = await engine.start('/probe', 'ignore')
    expect((await engine.do('task', 'kill', '--signal', 'SIGKILL', id)).status).toBe(0)
    await eventually('the end', async () => ((await engine.status(id)) === 'STOPPED' ? true : undefined))
    expect((await engine.do('task', 'rm', id)).stderr).toContain('137')
  })

  containerd('rm --force ends a running task', async (engine) => {
    const id = await engine.start('/probe', 'ignore')
    expect((await engine.do('task', 'rm', '--force', id)).stderr).toContain('137')
    expect(await engine.status(id)).toBeUndefined()
  })

  containerd('metrics of a running task', async (engine) => {
    const id = await engine.start('/bin/sleep', '1000')
    const { status, stdout } = await engine.do('task', 'metrics', '--format', 'json', id)
    expect(status).toBe(0)
    expect(stdout).toContain('"pids"')
  })

  containerd('runs a container of an image', async (engine, lab) => {
    const image = await makeImage(lab, engine.rootfs, 'example.org/box:latest')
    expect(await engine.do('image', 'import', '--snapshotter', 'native', image)).toMatchObject({ status: 0 })
    const line = engine.runLine(lab.id(), ['--rm', '--snapshotter', 'native'], ['example.org/box:latest'])
    expect(await lab.command(line)).toMatchObject({ status: 0, stdout: 'from the image\n' })
  })
})
