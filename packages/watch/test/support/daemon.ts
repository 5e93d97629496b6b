/** A real engine of the test's own: its data, sockets and cgroups belong to a lab, and it can be stopped, killed and started again. */

import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Child } from '../../../../tests/harness/child.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { which } from '../../../../tests/harness/requirements.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { mapBounded } from '../../src/watcher/bounded.ts'

/** What a test's container may be. */
export interface ContainerOptions {
  readonly command?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly memoryLimitBytes?: number
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly State: { readonly Pid: number; readonly Paused: boolean }
}

/** See the head of this file. Containers are driven over Docker's API, which both engines have. */
export abstract class Daemon {
  abstract readonly type: string
  /** Changes that it can take at the same time. */
  abstract readonly overlap: number
  readonly lab: Lab
  readonly socket: string
  #child: Child | undefined
  #imported = false
  /** Where the socket is for us. */
  #reached = ''

  constructor(lab: Lab, socket: string) {
    this.lab = lab
    this.socket = socket
  }

  protected abstract line(): { command: readonly string[]; env: Readonly<Record<string, string>> }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  /** Starts the engine, and imports the image the first time. */
  async start(): Promise<void> {
    await this.launch(() => this.socket)
    if (this.#imported) return
    await this.call('POST', '/images/create?fromSrc=-&repo=box', await this.#image())
    this.#imported = true
  }

  /** Starts the engine and waits until it answers. */
  protected async launch(reach: (pid: number) => string): Promise<void> {
    const { command, env } = this.line()
    const child = this.lab.spawn(command, { env })
    this.#child = child
    this.#reached = reach(child.pid)
    await eventually(
      `${command[0]} answers`,
      async () => {
        if (child.process.exitCode !== null) throw new Error(`${command[0]} has ended: ${child.stderr.text.slice(-2_000)}`)
        return await this.call('GET', '/_ping').catch(() => undefined)
      },
      30_000,
    )
  }

  /** Ends the engine; what happens to its containers is its own affair. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    child?.process.kill(signal)
    await child?.ended
  }

  /** One request. @returns the answer's JSON, or its text */
  async call(method: string, path: string, body?: object | Buffer): Promise<unknown> {
    const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json'
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(
        { socketPath: this.#reached, method, path, agent: false, timeout: 60_000, headers: { 'content-type': type } },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => (text += chunk))
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
          response.on('error', reject)
        },
      )
      sent.on('error', reject)
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)))
      sent.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body))
    })
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text.trim()}`)
    return text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text.trim().split('\n').at(-1) ?? '') as unknown) : text
  }

  async create(name: string, options: ContainerOptions = {}): Promise<string> {
    const { command = ['sleep', '1000'], labels = {}, memoryLimitBytes = 0 } = options
    const HostConfig = { NetworkMode: 'none', CgroupParent: `/${this.lab.mark}`, Memory: memoryLimitBytes }
    const body = { Image: 'box', Cmd: command, Labels: labels, StopSignal: 'SIGKILL', HostConfig }
    const { Id } = (await this.call('POST', `/containers/create?name=${name}`, body)) as { Id: string }
    return Id
  }

  async run(name: string, options: ContainerOptions = {}): Promise<string> {
    const id = await this.create(name, options)
    await this.do(name, 'start')
    return id
  }

  /** `start`, `pause`, `unpause`, `kill`, `restart?t=0`, `rename?name=…` */
  async do(name: string, action: string): Promise<void> {
    await this.call('POST', `/containers/${name}/${action}`)
  }

  async remove(name: string): Promise<void> {
    await this.call('DELETE', `/containers/${name}?force=1`)
  }

  /** Runs a program in a container, to its end. */
  async exec(name: string, ...command: readonly string[]): Promise<void> {
    const { Id } = (await this.call('POST', `/containers/${name}/exec`, { Cmd: command, AttachStdout: true })) as { Id: string }
    await this.call('POST', `/exec/${Id}/start`, { Detach: false })
  }

  async inspect(name: string): Promise<Inspected> {
    return (await this.call('GET', `/containers/${name}/json`)) as Inspected
  }

  /** What the engine itself says is alive: `ID PID NAME`, and whether paused. */
  async alive(): Promise<string[]> {
    const filters = encodeURIComponent(JSON.stringify({ status: ['running', 'paused'] }))
    const listed = (await this.call('GET', `/containers/json?filters=${filters}`)) as { Id: string }[]
    const inspected = await Promise.all(listed.map(({ Id }) => this.inspect(Id)))
    return inspected.map(({ Id, Name, State }) => `${Id} ${State.Pid} ${Name.replace(/^\//, '')}${State.Paused ? ' paused' : ''}`).sort()
  }

  /** Removes all containers. */
  async clear(): Promise<void> {
    const listed = (await this.call('GET', '/containers/json?all=1')) as { Id: string }[]
    await mapBounded(listed, 4, ({ Id }) => this.remove(Id))
  }

  /** Ends everything, in whatever state it is. */
  async close(): Promise<void> {
    try {
      if (!this.running) await this.start()
      await this.clear()
    } finally {
      await this.stop()
    }
  }

  async #image(): Promise<Buffer> {
    const root = this.lab.path('image')
    mkdirSync(join(root, 'bin'), { recursive: true })
    copyFileSync(which('busybox') ?? '/bin/busybox', join(root, 'bin/busybox'))
    for (const applet of ['sh', 'sleep', 'true']) symlinkSync('busybox', join(root, 'bin', applet))
    const archive = this.lab.path('image.tar')
    const { status, stderr } = await this.lab.command(['tar', '-C', root, '-cf', archive, '.'])
    if (status !== 0) throw new Error(stderr)
    return readFileSync(archive)
  }
}
