/** The CRI plugin of Debian's containerd, with pods that the test makes over CRI. They use the host's network, so that no CNI is needed. */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServiceClient, openGrpcTransport, type ServiceClient, type Transport } from '@teu/containerd'
import type { Child } from '../../../../tests/harness/child.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { NamespaceMode, type PodSandboxConfigSchema, RuntimeService } from '../gen/runtime/v1/pods.gen.ts'
import { ContainerState, PodSandboxState, RuntimeService as Looker } from '../../src/gen/runtime/v1/runtime.gen.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { boxArchive } from './box-image.ts'
import { killStrays } from './strays.ts'

const IMAGE = 'docker.io/library/teu-box:1'
const DISABLED_PLUGINS = [
  'internal.v1.opt',
  'snapshotter.v1.btrfs',
  'snapshotter.v1.zfs',
  'snapshotter.v1.aufs',
  'snapshotter.v1.devmapper',
]
const CALL_TIMEOUT_MS = 60_000

type PodConfig = MessageInitShape<typeof PodSandboxConfigSchema>

/** Namespaces of pods, and of the containers in them. */
const namespaceOptions = { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER }

function podConfig(lab: Lab, name: string): PodConfig {
  const linux = { cgroupParent: `/${lab.mark}`, securityContext: { namespaceOptions } }
  const metadata = { name, namespace: 'shop', uid: `uid-${name}` }
  return { metadata, labels: { pod: name }, annotations: { about: `the pod ${name}` }, linux }
}

/** What a test's container may be. */
export interface CriContainerOptions {
  readonly command?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** As kubelet does: what fails is tried again. After a restart of containerd a shim may be closing while it is spoken to. */
async function untilDone(what: string, call: () => Promise<object>): Promise<void> {
  let last: unknown
  try {
    await eventually(what, () => call().catch((error: unknown) => void (last = error)), 10_000)
  } catch (error) {
    throw new Error(`${what}: ${String(last)}`, { cause: error })
  }
}

/** See the head of this file. */
export class CriDaemon {
  readonly lab: Lab
  readonly socket: string
  readonly #names = new Map<string, string>()
  readonly #pods = new Map<string, PodConfig>()
  #child: Child | undefined
  #transport: Transport | undefined
  #imported = false

  constructor(lab: Lab, socket: string = lab.path('ctd.sock')) {
    this.lab = lab
    this.socket = socket
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  async start(): Promise<void> {
    const config = this.lab.path('containerd.toml')
    writeFileSync(config, this.#config())
    this.#child = this.lab.spawn(['containerd', '--config', config])
    await this.#child.stderr.waitFor((line) => line.includes('Start streaming server'), 30_000)
    this.#transport ??= await openGrpcTransport(this.socket)
    // Until then it answers that it is not initialized yet.
    await eventually('CRI answers', () => this.#looker.listContainers({}).catch(() => undefined), 30_000)
    if (this.#imported) return
    await this.ctr('images', 'import', await boxArchive(this.lab, IMAGE))
    this.#imported = true
  }

  /** Ends the engine; its pods live on. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    child?.process.kill(signal)
    await child?.ended
  }

  async runPod(name: string): Promise<string> {
    const config = podConfig(this.lab, name)
    const { podSandboxId } = await this.#runtime.runPodSandbox({ config })
    this.#names.set(podSandboxId, podSandboxId)
    this.#pods.set(podSandboxId, config)
    return podSandboxId
  }

  async create(podSandboxId: string, name: string, options: CriContainerOptions = {}): Promise<string> {
    const { command = ['sleep', '1000'], labels = {}, annotations = {} } = options
    const linux = { securityContext: { namespaceOptions } }
    const config = { metadata: { name }, image: { image: IMAGE }, command: [...command], labels, annotations, linux }
    const sandboxConfig = this.#pods.get(podSandboxId)
    if (sandboxConfig === undefined) throw new Error(`there is no pod ${podSandboxId}`)
    const { containerId } = await this.#runtime.createContainer({ podSandboxId, config, sandboxConfig })
    this.#names.set(containerId, name)
    return containerId
  }

  async run(podSandboxId: string, name: string, options: CriContainerOptions = {}): Promise<string> {
    const containerId = await this.create(podSandboxId, name, options)
    await this.#runtime.startContainer({ containerId })
    return containerId
  }

  async stopContainer(containerId: string): Promise<void> {
    await untilDone(`${containerId} is stopped`, () => this.#runtime.stopContainer({ containerId }))
  }

  /** Kills a process of a container, unless it has ended meanwhile and the pid is somebody else's, and waits until its shim knows. What ends
   *  while containerd begins to listen to its shims, 1.6 takes for running ever after. */
  async kill(pid: number): Promise<void> {
    if (!this.#owns(pid)) return
    process.kill(pid, 'SIGKILL')
    await eventually(`process ${pid} has ended`, () => (this.#owns(pid) ? undefined : true))
  }

  /** Waits until a container that ends by itself has ended, for the same reason. */
  async ended(containerId: string): Promise<void> {
    await eventually(`${containerId} has ended`, async () =>
      (await this.alive()).some((one) => one.startsWith(containerId)) ? undefined : true,
    )
  }

  #owns(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${this.lab.mark}/`)
    } catch {
      return false
    }
  }

  async removePod(podSandboxId: string): Promise<void> {
    await untilDone(`${podSandboxId} is stopped`, () => this.#runtime.stopPodSandbox({ podSandboxId }))
    await untilDone(`${podSandboxId} is removed`, () => this.#runtime.removePodSandbox({ podSandboxId }))
    this.#pods.delete(podSandboxId)
  }

  /** What containerd's own API says is alive, which is not what the watcher asks: `ID PID NAME`. */
  async alive(): Promise<string[]> {
    const [, ...lines] = (await this.ctr('tasks', 'list')).trimEnd().split('\n')
    const tasks = lines.map((line) => line.split(/\s+/))
    return tasks.flatMap(([id = '', pid, status]) => (status === 'RUNNING' ? [`${id} ${pid} ${this.#names.get(id)}`] : [])).sort()
  }

  /** What the watcher is told: `ID STATE`. */
  async told(): Promise<string[]> {
    const [{ containers }, { items }] = [await this.#looker.listContainers({}), await this.#looker.listPodSandbox({})]
    return [
      ...containers.map(({ id, state }) => `${id} ${Object.keys(ContainerState)[state]}`),
      ...items.map(({ id, state }) => `${id} ${Object.keys(PodSandboxState)[state]}`),
    ]
  }

  /** Removes all pods. */
  async clear(): Promise<void> {
    for (const id of this.#pods.keys()) await this.removePod(id)
  }

  async ctr(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.lab.command(['ctr', '--address', this.socket, '--namespace', 'k8s.io', ...args])
    if (status !== 0) throw new Error(`ctr ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  /** Ends everything, in whatever state it is. */
  async close(): Promise<void> {
    try {
      if (!this.running && existsSync(this.lab.path('containerd.toml'))) await this.start()
      await this.clear()
    } finally {
      this.#transport?.close()
      await this.stop()
      killStrays(this.lab.mark)
    }
  }

  get #runtime(): ServiceClient<typeof RuntimeService> {
    return this.#service(RuntimeService)
  }

  get #looker(): ServiceClient<typeof Looker> {
    return this.#service(Looker)
  }

  #service<S extends typeof RuntimeService | typeof Looker>(service: S): ServiceClient<S> {
    if (this.#transport === undefined) throw new Error('containerd has not been started')
    return createServiceClient(service, this.#transport, { callTimeoutMs: CALL_TIMEOUT_MS })
  }

  #config(): string {
    const { lab } = this
    const cri = 'plugins."io.containerd.grpc.v1.cri"'
    return [
      'version = 2',
      `root = "${lab.path('ctd')}"`,
      `state = "${lab.path('cts')}"`,
      `disabled_plugins = [${DISABLED_PLUGINS.map((name) => `"io.containerd.${name}"`).join(', ')}]`,
      '[grpc]',
      `address = "${this.socket}"`,
      `[${cri}]`,
      `sandbox_image = "${IMAGE}"`,
      'disable_apparmor = true',
      'restrict_oom_score_adj = true',
      'stream_server_address = "127.0.0.1"',
      `[${cri}.cni]`,
      `bin_dir = "${lab.path('cni/bin')}"`,
      `conf_dir = "${lab.path('cni/conf')}"`,
      `[${cri}.containerd.runtimes.runc]`,
      'runtime_type = "io.containerd.runc.v2"',
      '',
    ].join('\n')
  }
}
