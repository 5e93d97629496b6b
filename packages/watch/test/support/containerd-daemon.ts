/** containerd, driven call by call over its own API, in any namespace. */

import { randomBytes } from 'node:crypto'
import { jsonAny, type Services, TYPE_URL } from '@teu/containerd'
import { isTeuError } from '@teu/spec'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { removeCgroup } from '../../../../tests/harness/cgroups.ts'
import { ContainerdDaemon as Daemon } from '../../../../tests/harness/containerd-daemon.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { wireRuntime } from '../../../containerd/src/container/runtime-ref.ts'
import { Status } from '../../../containerd/src/gen/containerd/v1/types/task.gen.ts'
import { ContainerdApi, NERDCTL_NAME_LABEL } from '../../src/index.ts'
import { mapBounded } from '../../src/watcher/bounded.ts'
import { type ContainerOptions, type DrivenEngine, makeBusyboxRoot } from './driven-engine.ts'
import { killStrays } from './strays.ts'

const SIGKILL = 9
const RUNTIME = 'io.containerd.runc.v2'

/** See the head of this file. A container has a random id, and its name in the label of nerdctl. */
export class ContainerdDaemon implements DrivenEngine {
  readonly type = 'containerd.io'
  readonly overlap = 3
  readonly lab: Lab
  readonly socket: string
  readonly namespace: string
  readonly #ids = new Map<string, string>()
  readonly #busy = new Map<string, Promise<void>>()
  readonly #daemon: Daemon
  #api: ContainerdApi

  /** @param under  the beginning of a command line that starts it: `unshare` … */
  constructor(lab: Lab, under: readonly string[] = []) {
    this.lab = lab
    this.#daemon = new Daemon(lab.path('ctd'), { spawn: (command) => lab.spawn([...under, ...command]) })
    this.socket = this.#daemon.socket
    this.namespace = 'default'
    this.#api = new ContainerdApi(this.socket)
    makeBusyboxRoot(lab.path('rootfs'))
  }

  get pid(): number {
    return this.#daemon.pid
  }

  get running(): boolean {
    return this.#daemon.isRunning
  }

  async start(): Promise<void> {
    await this.#daemon.start()
    // Calls that were made meanwhile have left a connection that is waiting for its next attempt.
    this.#api.disconnect()
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#daemon.stop(signal)
    this.#api.disconnect()
  }

  async services(namespace: string = this.namespace): Promise<Services> {
    return await this.#api.services(namespace)
  }

  async create(name: string, options: ContainerOptions = {}): Promise<string> {
    const id = randomBytes(32).toString('hex')
    await this.createIn(this.namespace, id, { ...options, labels: { [NERDCTL_NAME_LABEL]: name, ...options.labels } })
    this.#ids.set(name, id)
    return id
  }

  async run(name: string, options: ContainerOptions = {}): Promise<string> {
    const id = await this.create(name, options)
    await this.#oneAfterAnother(id, () => this.startIn(this.namespace, id))
    return id
  }

  /** Makes a record in a namespace, without a name of nerdctl. */
  async createIn(namespace: string, id: string, options: ContainerOptions = {}): Promise<void> {
    const { command = ['sleep', '1000'], labels = {}, group, memoryLimitBytes } = options
    const { containers } = await this.services(namespace)
    const config = baseConfig(command, this.lab.cgroupsPath(id))
    config.root.path = this.lab.path('rootfs')
    if (memoryLimitBytes !== undefined) config.linux = { ...config.linux, resources: { memory: { limit: memoryLimitBytes } } }
    if (group !== undefined) config.annotations = { 'io.containerd.runc.v2.group': group }
    const runtime = wireRuntime({ name: RUNTIME, options: { root: this.lab.path('runc') } })
    await containers.create({ container: { id, labels: { ...labels }, runtime, spec: jsonAny(TYPE_URL.spec, config) } })
  }

  async startIn(namespace: string, id: string): Promise<void> {
    const { tasks } = await this.services(namespace)
    await tasks.create({ containerId: id })
    await tasks.start({ containerId: id })
  }

  /** Kills and deletes the task, and deletes the record. */
  async removeIn(namespace: string, id: string): Promise<void> {
    await this.#endTask(namespace, id)
    await (await this.services(namespace)).containers.delete({ id })
  }

  do(name: string, action: string): Promise<void> {
    const id = this.#idOf(name)
    return this.#oneAfterAnother(id, () => this.#act(name, id, action))
  }

  async #act(name: string, id: string, action: string): Promise<void> {
    const { containers, tasks } = await this.services()
    const [what, argument = ''] = action.split('?')
    if (what === 'pause') await tasks.pause({ containerId: id })
    else if (what === 'unpause') await tasks.resume({ containerId: id })
    else if (what === 'kill') {
      await tasks.kill({ containerId: id, signal: SIGKILL })
      await tasks.wait({ containerId: id })
    } else if (what === 'start') await this.#startAgain(id)
    else if (what === 'restart') {
      await this.#endTask(this.namespace, id)
      await this.startIn(this.namespace, id)
    } else if (what === 'rename') {
      const renamed = argument.replace('name=', '')
      const { container } = await containers.get({ id })
      const labels = { ...container?.labels, [NERDCTL_NAME_LABEL]: renamed }
      await containers.update({ container: { id, labels }, updateMask: { paths: ['labels'] } })
      this.#ids.delete(name)
      this.#ids.set(renamed, id)
    } else throw new RangeError(`no action ${action}`)
  }

  async remove(name: string): Promise<void> {
    const id = this.#idOf(name)
    this.#ids.delete(name)
    await this.#oneAfterAnother(id, () => this.removeIn(this.namespace, id))
  }

  async exec(name: string, ...command: readonly string[]): Promise<void> {
    const { tasks } = await this.services()
    const process = { containerId: this.#idOf(name), execId: 'exec-1' }
    await tasks.exec({ ...process, spec: jsonAny(TYPE_URL.process, baseConfig(command, '').process) })
    await tasks.start(process)
    await tasks.wait(process)
    await tasks.deleteProcess(process)
  }

  async pidOf(name: string): Promise<number> {
    const { tasks } = await this.services()
    return (await tasks.get({ containerId: this.#idOf(name) })).process?.pid ?? 0
  }

  isRefusal(error: unknown): boolean {
    return (['NOT_FOUND', 'ALREADY_EXISTS', 'INVALID_STATE', 'RUNTIME'] as const).some((code) => isTeuError(error, `ERR_TEU_${code}`))
  }

  async alive(): Promise<string[]> {
    const { containers, tasks } = await this.services()
    const names = new Map((await containers.list({})).containers.map(({ id, labels }) => [id, labels[NERDCTL_NAME_LABEL]]))
    const alive = (await tasks.list({})).tasks.filter(({ status }) => status !== Status.CREATED && status !== Status.STOPPED)
    return alive.map(({ id, pid, status }) => `${id} ${pid} ${names.get(id) ?? id}${status === Status.RUNNING ? '' : ' paused'}`).sort()
  }

  async clear(): Promise<void> {
    const { namespaces } = await (await this.services()).namespaces.list({})
    for (const { name } of namespaces) {
      const { containers } = await (await this.services(name)).containers.list({})
      await mapBounded(containers, 4, ({ id }) => this.removeIn(name, id))
    }
    this.#ids.clear()
  }

  async close(): Promise<void> {
    try {
      if (!this.running) await this.start()
      await this.clear()
    } finally {
      this.#api[Symbol.dispose]()
      await this.stop()
      killStrays(this.lab.mark)
      // A containerd that is started again takes a shim whose program has ended meanwhile for lost, and its cgroup stays.
      await eventually('empty cgroups', () => (removeCgroup(`/${this.lab.mark}`) ? true : undefined))
    }
  }

  async #startAgain(id: string): Promise<void> {
    const { tasks } = await this.services()
    const status = await tasks.get({ containerId: id }).then(
      ({ process }) => process?.status,
      () => undefined,
    )
    if (status === Status.STOPPED) await tasks.delete({ containerId: id })
    await this.startIn(this.namespace, id)
  }

  /** That there is none, or that it has ended, is as well. */
  async #endTask(namespace: string, id: string): Promise<void> {
    const { tasks } = await this.services(namespace)
    try {
      await tasks.kill({ containerId: id, signal: SIGKILL }).catch((error: unknown) => {
        if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
      })
      await tasks.wait({ containerId: id })
      await tasks.delete({ containerId: id })
    } catch (error) {
      if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
    }
  }

  /** As engines do with what changes one container: of a pause and a kill at the same time, a frozen process with a pending signal can be
   *  what remains. */
  async #oneAfterAnother(id: string, act: () => Promise<void>): Promise<void> {
    const before = this.#busy.get(id)
    const done = (async () => {
      await before?.catch(() => undefined)
      await act()
    })()
    this.#busy.set(id, done)
    try {
      await done
    } finally {
      if (this.#busy.get(id) === done) this.#busy.delete(id)
    }
  }

  #idOf(name: string): string {
    // What does not exist is refused by the daemon.
    return this.#ids.get(name) ?? name
  }
}
