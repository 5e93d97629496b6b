/** The set of containers under one state root. */

import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plan } from '@teu/init'
import { checkContainerId, checkOptions, isTeuError, type Spec, type TeuErrorCode } from '@teu/spec'
import { Container } from './container.ts'
import type { HostFacts } from './host-facts.ts'
import { abandon, type Begun } from './lifecycle/abandon.ts'
import { type ActContext, actTransport, runHooks } from './lifecycle/act.ts'
import { startAndNotify } from './lifecycle/notify.ts'
import { PlanRun } from './lifecycle/plan-run.ts'
import { readyPlan } from './lifecycle/plan-template.ts'
import { type CreateMode, hasSetupHooks, type PlanRequest, planContainer, readConfig } from './lifecycle/prepare.ts'
import { removeBroken } from './lifecycle/remove-broken.ts'
import { openGate } from './lifecycle/start.ts'
import { claim, defaultRoot, openRoot, removeStateDirectory, rootEntries } from './lifecycle/state-root.ts'
import { type ConnectedStdio, connectStdio, type HelperKind, planStdio, startAhead, type StdioRequest } from './lifecycle/stdio.ts'
import { clearCgroups, prepareUnit } from './lifecycle/unit.ts'
import type { Transport } from './helper/transport.ts'
import { checkRunOptions, RULES } from './option-rules.ts'
import { probeHost } from './probe/probe-host.ts'
import { completeRecord, loadRecord, publicRecord, writeFirstRecord } from './record/container-record.ts'
import { type StatePaths, statePaths } from './record/paths.ts'
import { isTraced } from './report/trace.ts'
import type { BadEntry, CgroupManager, ContainerRecord, ContainersOptions, CreateOptions, ExitReport, OciState, Signal } from './types.ts'

/** Options that only the command line needs. */
export interface OpenOptions extends ContainersOptions {
  /** `once` starts a helper per operation and leaves none behind. Default `spawner`. */
  helper?: HelperKind
  /** Ask teu-init for the times of all steps of `create` and `run`. Default: when somebody listens to them; with `once` never, because a
   *  program that has just started would only load the channel to find nobody there. */
  trace?: boolean
}

/** Options of a container that is created, started, awaited and deleted in one go. */
export interface RunOptions extends CreateOptions {
  /** Keep the stopped container. */
  keep?: boolean
  /** Signals of this process go to the container (command line). */
  forwardSignals?: boolean
  /** `LISTEN_FDS` of the caller: how many of `extraFds`, from the first, are sockets for activation. */
  listenFds?: { count: number; names?: string }
  /** Called when the program runs. */
  onStarted?: (process: RunningProcess) => void
}

/** A program that runs, as {@link RunOptions.onStarted} sees it. */
export interface RunningProcess {
  readonly pid: number
  readonly stdin?: NodeJS.WritableStream
  readonly stdout?: NodeJS.ReadableStream
  readonly stderr?: NodeJS.ReadableStream
  resize(size: { height: number; width: number }): void
}

/** All containers under one state root: makes them, finds them, lists them, runs programs to their end. */
export class Containers {
  /** Absolute state root. */
  readonly root: string
  readonly #manager: CgroupManager
  readonly #helper: HelperKind
  readonly #trace: boolean | undefined
  readonly #host: HostFacts

  private constructor(root: string, options: OpenOptions) {
    this.root = root
    this.#manager = options.cgroupManager ?? 'fs'
    this.#helper = options.helper ?? 'spawner'
    this.#trace = options.trace ?? (this.#helper === 'once' ? false : undefined)
    const host = probeHost()
    this.#host = typeof options.rootless === 'boolean' ? { ...host, rootless: options.rootless } : host
  }

  /** Plans for the containers of a state root without opening it: nothing is made, nothing is checked on disk but the bundle. */
  static plan(id: string, options: CreateOptions, mode: CreateMode = 'create', open: OpenOptions = {}): Plan {
    checkOptions('Containers.plan', open, RULES.open)
    return new Containers(resolve(open.root ?? defaultRoot()), open).plan(id, options, mode)
  }

  /** Opens the state root and makes it if it is missing.
   *  @throws {TeuError} ERR_TEU_USAGE when the root is "/" or others can change it */
  static open(options: OpenOptions = {}): Promise<Containers> {
    return Promise.resolve().then(() => {
      checkOptions('Containers.open', options, RULES.open)
      return new Containers(openRoot(options.root ?? defaultRoot()), options)
    })
  }

  /** Makes a container up to the point where its program would be executed: status `created`.
   *  @throws {TeuError} ERR_TEU_INVALID_ID, ERR_TEU_ALREADY_EXISTS, ERR_TEU_CONFIG_INVALID, ERR_TEU_PROCESS_START, ERR_TEU_HOOK … */
  async create(id: string, options: CreateOptions & Pick<RunOptions, 'listenFds'>): Promise<Container> {
    checkRunOptions('create', options)
    const mode: CreateMode = this.#helper === 'once' ? 'create' : 'create-supervised'
    const begun = await this.#begin(id, options, mode, false)
    const { run, stdio } = begun
    try {
      await untilAborted(run.created, run, options.signal)
      if (begun.unit) await begun.unit.settle()
    } catch (error) {
      throw await this.#abandon(begun, error)
    }
    const loaded = completeRecord(this.root, id)
    // The monitor goes on without us; a program that only created a container may end.
    run.unref()
    return Container.attach(this.#context, loaded, mode === 'create' ? undefined : { run, stdio })
  }

  /** Creates, starts, waits for and (unless `keep`) destroys a container with one plan: the fastest way to run something.
   *  When it settles nothing of the container is left. */
  async run(id: string, options: RunOptions): Promise<ExitReport> {
    checkRunOptions('run', options)
    const mode = this.#runMode(options)
    const begun = await this.#begin(id, options, mode, true)
    const { run, paths, stdio, config } = begun
    const { spec, bundle } = config
    const hooks = { transport: stdio.transport, containerId: id }
    let report: ExitReport
    try {
      if (mode === 'run') {
        await untilAborted(run.started, run, options.signal)
      } else {
        await untilAborted(run.created, run, options.signal)
        if (begun.unit) await begun.unit.settle()
        // Whoever opens the gate hears of the start, nobody else.
        await this.#open(id, stdio.transport, options)
      }
      const pid = run.pid as number
      if (!begun.removesAll) completeRecord(this.root, id)
      options.onStarted?.({
        pid,
        ...(stdio.stdin && { stdin: stdio.stdin }),
        ...(stdio.stdout && { stdout: stdio.stdout }),
        ...(stdio.stderr && { stderr: stdio.stderr }),
        resize: (size) => run.resize(size),
      })
      if (spec.hooks?.poststart) await runHooks({ ...hooks, operation: 'start' }, 'poststart', { spec, bundle, pid })
      report = await untilAborted(run.exited, run, options.signal)
    } catch (error) {
      throw await this.#abandon(begun, error)
    }
    stdio.releaseTransport()
    if (options.keep !== true && begun.unit) await clearCgroups(begun.owner)
    // teu-init has removed it, unless a file was in the way.
    const isRemoved = begun.removesAll && !run.leftSomething
    if (options.keep !== true && !isRemoved) removeStateDirectory(paths)
    if (options.keep !== true && spec.hooks?.poststop) {
      await runHooks({ transport: actTransport(this.#context), containerId: id, operation: 'delete' }, 'poststop', { spec, bundle, pid: 0 })
    }
    return report
  }

  /** @throws {TeuError} ERR_TEU_NOT_FOUND when there is no such container */
  load(id: string): Promise<Container> {
    return Promise.resolve().then(() => {
      checkContainerId(id)
      return Container.attach(this.#context, loadRecord(this.root, id), undefined)
    })
  }

  /** All containers, in the order of their names. An entry that cannot be read is passed to `onBadEntry` and left out. */
  async list(options: { onBadEntry?: (entry: BadEntry) => void } = {}): Promise<ContainerRecord[]> {
    checkOptions('list', options, RULES.list)
    const records: ContainerRecord[] = []
    for (const entry of rootEntries(this.root).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue
      try {
        records.push(publicRecord(loadRecord(this.root, entry.name)))
      } catch (error) {
        options.onBadEntry?.({ id: entry.name, error: error as Error })
      }
    }
    return records
  }

  async start(id: string): Promise<void> {
    await (await this.load(id)).start()
  }

  async kill(id: string, signal?: Signal, options?: { all?: boolean }): Promise<void> {
    await (await this.load(id)).kill(signal, options)
  }

  async state(id: string): Promise<OciState> {
    return await (await this.load(id)).ociState()
  }

  /** Destroys a container. With `force` also a running one; an unknown id is then a success, and a directory without a record,
   *  or with a damaged one, goes. */
  async remove(id: string, options: { force?: boolean } = {}): Promise<void> {
    checkOptions('remove', options, RULES.force)
    checkContainerId(id)
    let container: Container
    try {
      container = await this.load(id)
    } catch (error) {
      if (!isTeuError(error)) throw error
      if (error.code !== 'ERR_TEU_NOT_FOUND') {
        if (options.force !== true || !DAMAGED.has(error.code)) throw error
        const act = { transport: actTransport(this.#context), containerId: id, operation: 'delete' }
        return await removeBroken(act, statePaths(this.root, id), this.#host.cgroup)
      }
      removeStateDirectory(statePaths(this.root, id))
      if (options.force === true) return
      throw error
    }
    await container.destroy(options)
  }

  /** The plan that `create` (or `run`) would execute, without doing anything.
   *  @throws {TeuError} what `create` would throw for bad input */
  plan(id: string, options: CreateOptions, mode: CreateMode = 'create'): Plan {
    checkRunOptions('plan', options)
    return planContainer(this.#request(id, options, mode === 'run' ? this.#runMode(options) : mode, mode === 'run').request).plan
  }

  /** Readiness is listened for before the program starts, and a systemd unit has its final limits before: then there has to be a gate. */
  #runMode({ notifySocket }: CreateOptions): CreateMode {
    return notifySocket === undefined && this.#manager !== 'systemd' ? 'run' : 'create-supervised'
  }

  async #open(id: string, transport: Transport, { notifySocket, signal }: CreateOptions): Promise<void> {
    const loaded = loadRecord(this.root, id)
    if (notifySocket === undefined) await openGate(loaded, signal)
    else await startAndNotify({ transport, containerId: id, operation: 'start' }, loaded, notifySocket, () => openGate(loaded, signal))
  }

  /** Checks and plans, claims, connects and submits. From the claim on, every failure is undone. */
  async #begin(id: string, options: RunOptions, mode: CreateMode, foreground: boolean): Promise<Begun> {
    options.signal?.throwIfAborted()
    const { request, stdioRequest } = this.#request(id, options, mode, foreground)
    const { paths } = request
    const { spec } = request.config
    const headStart = this.#helper === 'once' && foreground ? startAhead(stdioRequest, { network: wantsNetwork(spec) }) : undefined
    let unit: Awaited<ReturnType<typeof prepareUnit>> | undefined
    let isClaimed = false
    let stdio: ConnectedStdio | undefined
    try {
      const planned = readyPlan(request, this.root, finishPlan)
      const { rootless } = this.#host
      const owner = {
        get cgroup() {
          return planned.cgroup
        },
        rootless,
      }
      unit = planned.unit && (await prepareUnit(owner, spec, options.signal))
      claim(paths, id)
      isClaimed = true
      writeFirstRecord(paths, planned.record())
      if (options.notifySocket !== undefined) mkdirSync(paths.notifyDirectory, { mode: 0o755 })
      stdio = await connectStdio({ ...stdioRequest, headStart }, paths.directory)
      if (unit) await unit.start(id, spec)
      const run = new PlanRun({
        transport: stdio.transport,
        plan: planned.plan,
        encoded: planned.encoded,
        containerId: id,
        operation: foreground ? 'run' : 'create',
        memoryCgroup: planned.memoryCgroup,
        trace: this.#trace ?? isTraced(),
        ...(stdio.tag !== undefined && { tag: stdio.tag }),
      })
      return { run, paths, stdio, config: request.config, owner, unit, removesAll: removesState(request) }
    } catch (error) {
      await headStart?.drop()
      stdio?.discard()
      stdio?.releaseTransport()
      if (isClaimed) removeStateDirectory(paths)
      await unit?.discard()
      throw error
    }
  }

  #request(id: string, options: RunOptions, mode: CreateMode, foreground: boolean): { request: PlanRequest; stdioRequest: StdioRequest } {
    const absolute = absoluteOptions(options)
    const config = readConfig(id, { ...absolute, isOnly: this.#helper === 'once' })
    const stdioRequest: StdioRequest = {
      helper: this.#helper,
      stdio: options.stdio ?? 'inherit',
      relayTerminal: (config.spec.process?.terminal ?? false) && options.consoleSocket === undefined,
      extraFds: options.extraFds ?? [],
    }
    const { plans, terminal, extraFds } = planStdio(stdioRequest)
    const request: PlanRequest = {
      config,
      host: this.#host,
      paths: statePaths(this.root, id),
      mode,
      cgroupManager: this.#manager,
      stdio: plans,
      extraFds,
      options: absolute,
      forwardSignals: options.forwardSignals ?? false,
      // Each frame that comes alone wakes this process once more.
      quietStart: foreground && options.onStarted === undefined && config.spec.hooks?.poststart === undefined,
      removeAtExit: foreground && options.keep !== true,
      bindToCaller: foreground,
      ...(terminal && { terminal }),
      ...(options.listenFds && { listenFds: options.listenFds }),
    }
    return { request, stdioRequest }
  }

  async #abandon(begun: Begun, cause: unknown): Promise<unknown> {
    const context = (): ActContext => ({
      transport: actTransport(this.#context),
      containerId: begun.config.id,
      operation: 'delete',
    })
    return await abandon(begun, context, cause)
  }

  get #context(): { root: string; helper: HelperKind; host: HostFacts } {
    return { root: this.root, helper: this.#helper, host: this.#host }
  }
}

/** What a record that cannot be made sense of gives. */
const DAMAGED: ReadonlySet<TeuErrorCode> = new Set<TeuErrorCode>(['ERR_TEU_CONFIG_INVALID', 'ERR_TEU_SYSTEM'])

/** The bundle may change and the caller may change directory: every path is made absolute now. */
function absoluteOptions(options: RunOptions): RunOptions {
  const absolute = { ...options, bundle: resolve(options.bundle) }
  for (const key of ['consoleSocket', 'pidFile', 'pidfdSocket', 'notifySocket'] as const) {
    const path = options[key]
    if (path !== undefined) absolute[key] = resolve(path)
  }
  return absolute
}

/** Whether the container gets a network namespace that this process's user namespace owns. */
function wantsNetwork({ linux }: Spec): boolean {
  let wanted = false
  for (const { type, path } of linux?.namespaces ?? []) {
    if (type === 'user') return false
    if (type === 'network') wanted = path === undefined
  }
  return wanted
}

function finishPlan(plan: Plan, request: PlanRequest): Plan {
  return removesState(request) ? withStateRemoval(plan, request.paths) : plan
}

/** In `run` the state directory goes with the container, also when this process is killed meanwhile. Not where the record is written
 *  once more after the start: the program may have ended by then. */
function removesState({ mode, removeAtExit, config }: PlanRequest): boolean {
  return mode === 'run' && removeAtExit && !hasSetupHooks(config.spec)
}

function withStateRemoval(plan: Plan, paths: StatePaths): Plan {
  const removal = [
    { op: 'unlink', path: paths.init },
    { op: 'unlink', path: paths.record },
    { op: 'rmdir', path: paths.directory },
  ] as const
  return { ...plan, after: [...plan.after, ...removal] }
}

/** Waits for a moment of a plan; when `signal` aborts first, the plan is told to end and the wait goes on until it has. */
async function untilAborted<T>(moment: Promise<T>, run: PlanRun, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await moment
  const abort = (): void => {
    run.signal(9)
    run.release()
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    const value = await moment
    if (signal.aborted) await run.finished
    signal.throwIfAborted()
    return value
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
