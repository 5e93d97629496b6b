import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import type { Bundle } from '../harness/bundle.ts'
import type { Child } from '../harness/child.ts'
import { engineTests } from '../harness/engine-tests.ts'
import type { Lab } from '../harness/lab.ts'
import { nativeBinary } from '../harness/native.ts'
import { runtimePath } from '../harness/runtime.ts'
import { eventually } from '../harness/wait.ts'

/** What conmon writes to its sync pipe. */
interface Report {
  readonly data: number
  readonly message?: string
}

/** conmon as podman and CRI-O start it. */
class Conmon {
  readonly #lab: Lab
  readonly id: string
  readonly #dir: string
  #execs = 0

  constructor(lab: Lab) {
    this.#lab = lab
    this.id = lab.id()
    this.#dir = lab.path('conmon')
    for (const name of ['', '/exits', '/sockets', '/persist']) mkdirSync(this.#dir + name)
  }

  #line(uuid: string, ...args: readonly string[]): string[] {
    const { id } = this
    const dir = this.#dir
    const exits = `${dir}/exits/${uuid}`
    mkdirSync(exits, { recursive: true })
    const runtime = ['--runtime', runtimePath, '--runtime-arg', '--root', '--runtime-arg', this.#lab.root]
    const files = ['--log-path', `k8s-file:${dir}/${uuid}.log`, '--exit-dir', exits, '--socket-dir-path', `${dir}/sockets`]
    return [
      'conmon',
      '--api-version',
      '1',
      '--cid',
      id,
      '--cuuid',
      uuid,
      '--name',
      id,
      ...runtime,
      ...files,
      '--container-pidfile',
      `${dir}/${uuid}.pid`,
      ...args,
    ]
  }

  /** Starts conmon and resolves with its reports: lines of JSON on descriptor 3. */
  async #start(line: readonly string[], reports: string): Promise<() => Report[]> {
    const child = this.#lab.spawn(line, { stdio: ['ignore', 'pipe', 'pipe', this.#lab.logFd(reports)], env: { _OCI_SYNCPIPE: '3' } })
    await child.ended
    return () =>
      readFileSync(this.#lab.path(reports), 'utf8')
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => JSON.parse(text) as Report)
  }

  async #first(reports: () => Report[]): Promise<Report> {
    return eventually('a report of conmon', () => reports()[0], 10_000)
  }

  /** `create`; resolves with conmon's report of it. */
  async create(
    args: readonly string[],
    options: { terminal?: boolean; stdin?: boolean; change?: (config: Config, bundle: Bundle) => void } = {},
  ): Promise<Report> {
    const bundle = this.#lab.bundle(
      args,
      (config, made) => {
        config.process.terminal = options.terminal === true
        options.change?.(config, made)
      },
      this.id,
    )
    const flags = [...(options.terminal === true ? ['--terminal'] : []), ...(options.stdin === true ? ['--stdin'] : [])]
    return this.#first(await this.#start(this.#line(this.id, '--bundle', bundle.dir, ...flags), 'reports'))
  }

  /** `exec`; resolves with the exit status. */
  async exec(process: object, terminal: boolean): Promise<{ pid: number; status: number; log: string }> {
    const uuid = `${this.id}-exec${this.#execs++}`
    const spec = this.#lab.path(`${uuid}.json`)
    writeFileSync(spec, JSON.stringify({ user: { uid: 0, gid: 0 }, cwd: '/', env: ['PATH=/bin'], terminal, ...process }))
    const flags = ['--exec', '--exec-process-spec', spec, ...(terminal ? ['--terminal'] : [])]
    const reports = await this.#start(this.#line(uuid, ...flags), `reports-${uuid}`)
    const { data: pid } = await this.#first(reports)
    const status = Number(await this.#exit(uuid))
    return { pid, status, log: this.log(uuid) }
  }

  #exit(uuid: string): Promise<string> {
    return eventually(
      `exit file of ${uuid}`,
      () => {
        try {
          return readFileSync(`${this.#dir}/exits/${uuid}/${this.id}`, 'utf8')
        } catch {
          return undefined
        }
      },
      10_000,
    )
  }

  /** Exit status as conmon has written it down. */
  exited(): Promise<string> {
    return this.#exit(this.id)
  }

  pid(): number {
    return Number(readFileSync(`${this.#dir}/${this.id}.pid`, 'utf8'))
  }

  /** Log without times: `stdout F text` lines. */
  log(uuid: string = this.id): string {
    return readFileSync(`${this.#dir}/${uuid}.log`, 'utf8').replaceAll(/^\S+ /gm, '')
  }

  async attach(): Promise<Child> {
    const child = this.#lab.spawn([nativeBinary('attach'), `${this.#dir}/sockets/${this.id}/attach`])
    await child.stdout.waitFor((line) => line === 'attached')
    return child
  }
}

engineTests('conmon', ['conmon'], (test) => {
  test('creates a container and keeps its output and exit status', async (lab) => {
    const conmon = new Conmon(lab)
    const report = await conmon.create(['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'])
    expect(report.message).toBeUndefined()
    expect(report.data).toBe(conmon.pid())
    expect(await lab.state(conmon.id)).toMatchObject({ status: 'created', pid: report.data })
    await lab.ok('start', conmon.id)
    expect(await conmon.exited()).toBe('7')
    expect(conmon.log().trimEnd().split('\n').sort()).toEqual(['stderr F err', 'stdout F out'])
    expect((await lab.until(conmon.id, 'stopped')).pid ?? 0).toBe(0)
    await lab.ok('delete', conmon.id)
  })

  test('creates a container with a terminal and attaches to it', async (lab) => {
    const conmon = new Conmon(lab)
    expect(
      (await conmon.create(['/bin/sh', '-c', '/probe tty; read word; echo got $word; exit 4'], { terminal: true, stdin: true })).message,
    ).toBeUndefined()
    const attached = await conmon.attach()
    await lab.ok('start', conmon.id)
    const line = await attached.stdout.waitFor((text) => text.startsWith('{"isatty"'))
    expect(JSON.parse(line)).toMatchObject({ isatty: [true, true, true], controlling: true })
    attached.write('typed\n')
    await attached.stdout.waitFor((text) => text.includes('got typed'))
    expect(await conmon.exited()).toBe('4')
  })

  test('attaches to a container without a terminal', async (lab) => {
    const conmon = new Conmon(lab)
    await conmon.create(['/bin/sh', '-c', 'cat; echo end >&2'], { stdin: true })
    const attached = await conmon.attach()
    await lab.ok('start', conmon.id)
    attached.write('first\n')
    await attached.stdout.waitFor((line) => line === 'first')
    attached.process.stdin?.end()
    await attached.stderr.waitFor((line) => line === 'end')
    expect(await conmon.exited()).toBe('0')
  })

  test('gets the message of a create that fails', async (lab) => {
    const conmon = new Conmon(lab)
    const report = await conmon.create(['/no/such/program'])
    expect(report.data).toBeLessThan(0)
    expect(report.message).toContain('no such file or directory')
    expect((await lab.runtime(['state', conmon.id])).status).toBe(1)
  })

  test('executes programs with and without a terminal', async (lab) => {
    const conmon = new Conmon(lab)
    await conmon.create(['/bin/sleep', '1000'])
    await lab.ok('start', conmon.id)
    const plain = await conmon.exec({ args: ['/bin/sh', '-c', 'echo plain; exit 3'] }, false)
    expect(plain).toMatchObject({ status: 3, log: 'stdout F plain\n' })
    expect(plain.pid).toBeGreaterThan(1)
    const terminal = await conmon.exec({ args: ['/probe', 'tty'] }, true)
    expect(terminal.status).toBe(0)
    expect(terminal.log).toContain('"isatty":[true,true,true]')
  })

  test('sees the signal that ended a container', async (lab) => {
    const conmon = new Conmon(lab)
    await conmon.create(['/bin/sleep', '1000'])
    await lab.ok('start', conmon.id)
    await lab.ok('kill', conmon.id, 'KILL')
    expect(await conmon.exited()).toBe('137')
    await lab.until(conmon.id, 'stopped')
    await lab.ok('delete', conmon.id)
  })

  test('a container that was created can be deleted by force before its start', async (lab) => {
    const conmon = new Conmon(lab)
    await conmon.create(['/bin/true'])
    await lab.ok('delete', '--force', conmon.id)
    expect(await conmon.exited()).toBe('137')
  })
})
