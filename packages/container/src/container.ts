/** One container: what can be asked of it and done with it. Every answer is read afresh; other processes may act on it at any time. */

import { existsSync } from 'node:fs'
import { type Spec, abortable } from '@teu/spec'
import { checkOptions, signalNumber, TeuError } from '@teu/spec'
import { cgroupFileProbe } from './cgroup/choose.ts'
import { freezerHierarchy, memoryHierarchy, processHierarchy } from './cgroup/guard.ts'
import { cgroupIsEmpty, readPids } from './cgroup/manage.ts'
import { compileUpdate } from './cgroup/resources/compile.ts'
import type { ResourcesPatch } from './cgroup/resources/merge.ts'
import { readStats, type Stats, type StatsController } from './cgroup/stats/read.ts'
import type { HostFacts } from './host-facts.ts'
import { type ActContext, act, actTransport, runHooks } from './lifecycle/act.ts'
import { watchOomEvents } from './lifecycle/oom-events.ts'
import { type ExecOptions, startExec } from './lifecycle/exec.ts'
import type { PlanRun } from './lifecycle/plan-run.ts'
import { startAndNotify } from './lifecycle/notify.ts'
import { alreadyRunning, busy, isLive, notRunning, refuseBusy, refuseDestroy } from './lifecycle/refusals.ts'
import { openGate } from './lifecycle/start.ts'
import { removeStateDirectory } from './lifecycle/state-root.ts'
import { changeLimits, clearCgroups } from './lifecycle/unit.ts'
import type { ConnectedStdio, HelperKind } from './lifecycle/stdio.ts'
import { checkExecOptions, checkResources, RULES } from './option-rules.ts'
import { type LoadedRecord, loadRecord, publicRecord, statusOf, type StoredRecord } from './record/container-record.ts'
import { withLock } from './record/lock.ts'
import { StateFile } from './record/state-file.ts'
import { recordedExit } from './record/recorded-exit.ts'
import type { ContainerRecord, ExecProcess, ExitReport, OciState, OomEvent, Signal, Status } from './types.ts'

/** What a container needs to know of the set it belongs to. */
export interface ContainerContext {
  readonly root: string
  readonly helper: HelperKind
  readonly host: HostFacts
}

/** The plan that made the container, when this process did. */
interface Live {
  readonly run: PlanRun
  readonly stdio: ConnectedStdio
}

/** How long SIGKILL may take before `destroy` gives up. */
const KILL_TIMEOUT_MS = 10_000
const FREEZE_TIMEOUT_MS = 10_000

/** One container of a {@link Containers} set. All methods may be called at any time, from several processes at once; each fails with
 *  ERR_TEU_NOT_FOUND when somebody has destroyed the container. */
export class Container implements AsyncDisposable {
  readonly id: string
  /** Streams to the program, where `stdio` asked for pipes and this process created the container. */
  readonly stdin?: NodeJS.WritableStream
  readonly stdout?: NodeJS.ReadableStream
  readonly stderr?: NodeJS.ReadableStream
  readonly #context: ContainerContext
  readonly #live: Live | undefined
  #config: Spec
  readonly #watches = new Set<PlanRun>()

  private constructor(context: ContainerContext, loaded: LoadedRecord, live: Live | undefined) {
    this.id = loaded.stored.id
    this.#context = context
    this.#live = live
    this.#config = loaded.stored.config
    if (live?.stdio.stdin) this.stdin = live.stdio.stdin
    if (live?.stdio.stdout) this.stdout = live.stdio.stdout
    if (live?.stdio.stderr) this.stderr = live.stdio.stderr
  }

  /** For {@link Containers}: an object for a record that has been read. */
  static attach(context: ContainerContext, loaded: LoadedRecord, live: Live | undefined): Container {
    return new Container(context, loaded, live)
  }

  /** The resolved config, with what `update` has changed. Frozen. */
  get config(): Readonly<Spec> {
    return deepFreeze(this.#config)
  }

  /** Never throws for a container that is gone: that is `destroyed`. */
  status(): Promise<Status> {
    try {
      return Promise.resolve(statusOf(this.#load()))
    } catch (error) {
      if (error instanceof TeuError && error.code === 'ERR_TEU_NOT_FOUND') return Promise.resolve('destroyed')
      return Promise.reject(error)
    }
  }

  /** The whole record with its fresh status.
   *  @throws {TeuError} ERR_TEU_NOT_FOUND */
  async state(): Promise<ContainerRecord> {
    return publicRecord(this.#load())
  }

  /** The state document of the OCI runtime specification, which knows neither `pausing` nor `checkpointed`. */
  async ociState(): Promise<OciState> {
    const { status, ...record } = await this.state()
    const shown = status === 'pausing' ? 'running' : status === 'checkpointed' ? 'stopped' : status
    return {
      ociVersion: record.ociVersion,
      id: record.id,
      status: shown as OciState['status'],
      ...(record.initPid !== undefined && { pid: record.initPid }),
      bundle: record.bundle,
      ...(record.annotations && { annotations: { ...record.annotations } }),
    }
  }

  /** Host pids of every process in the container's cgroup and below. Exact only while paused. */
  async processes(): Promise<number[]> {
    const loaded = this.#load()
    const status = statusOf(loaded)
    refuseBusy(status, this.id)
    if (loaded.stored.cgroup.layout === 'none') return loaded.init && isLive(status) ? [loaded.init.pid] : []
    return readPids(loaded.stored.cgroup)
  }

  /** One snapshot of the counters. `only` limits it to some controllers. */
  async stats(options: { only?: readonly StatsController[] } = {}): Promise<Stats> {
    checkOptions('stats', options, RULES.stats)
    const loaded = this.#load()
    const status = statusOf(loaded)
    refuseBusy(status, this.id)
    return readStats(loaded.stored.cgroup, {
      ...(options.only && { only: options.only }),
      ...(loaded.init && isLive(status) && { initPid: loaded.init.pid }),
    })
  }

  /** Lets the program of a created container run. Resolves when it has been executed and the poststart hooks are done.
   *  @throws {TeuError} ERR_TEU_ALREADY_RUNNING, ERR_TEU_NOT_RUNNING, ERR_TEU_PROCESS_START, ERR_TEU_HOOK */
  async start(options: { signal?: AbortSignal; notifySocket?: string } = {}): Promise<void> {
    checkOptions('start', options, RULES.start)
    const loaded = this.#load()
    const status = statusOf(loaded)
    if (status === 'creating') throw busy(this.id)
    if (status === 'stopped' || status === 'checkpointed') throw notRunning(this.id, 'cannot start a container that has stopped')
    if (status === 'running' || !existsSync(loaded.paths.gate)) throw alreadyRunning(this.id)
    const open = (): Promise<void> => openGate(loaded, options.signal)
    // Without its directory the container was made by somebody who did not want to be told.
    if (options.notifySocket === undefined || !existsSync(loaded.paths.notifyDirectory)) await open()
    else await startAndNotify(this.#act('start'), loaded, options.notifySocket, open)
    const { config: spec, bundle } = loaded.stored
    try {
      await runHooks(this.#act('start'), 'poststart', { spec, bundle, pid: loaded.init?.pid ?? 0 })
    } catch (error) {
      await this.destroy({ force: true })
      throw error
    }
  }

  /** Starts one more process in the container.
   *  @throws {TeuError} ERR_TEU_NOT_RUNNING, ERR_TEU_PAUSED, ERR_TEU_PROCESS_START */
  async exec(options: ExecOptions): Promise<ExecProcess> {
    checkExecOptions(options)
    const loaded = this.#load()
    const status = statusOf(loaded)
    refuseBusy(status, this.id)
    if (!isLive(status)) throw notRunning(this.id, 'cannot exec in a stopped container')
    if ((status === 'paused' || status === 'pausing') && options.ignorePaused !== true) {
      throw new TeuError('ERR_TEU_PAUSED', 'cannot exec in a paused container (use --ignore-paused to override)', {
        containerId: this.id,
        operation: 'exec',
      })
    }
    return await startExec(this.#context, loaded, options)
  }

  /** Sends a signal to init, default SIGTERM. SIGKILL goes to every process when the container has no pid namespace of its own;
   *  `all` sends any signal to every process and succeeds when none is left.
   *  @throws {TeuError} ERR_TEU_NOT_RUNNING */
  async kill(signal: Signal = 'SIGTERM', options: { all?: boolean } = {}): Promise<void> {
    checkOptions('kill', options, RULES.kill)
    const number = signalNumber(signal)
    const loaded = this.#load()
    const status = statusOf(loaded)
    refuseBusy(status, this.id)
    const { stored, init } = loaded
    const hasCgroup = stored.cgroup.layout !== 'none'
    if (hasCgroup && (options.all === true || (number === SIGKILL && !hasPidNamespace(stored.config)))) {
      if (!isLive(status) && options.all !== true) throw notRunning(this.id, 'container not running')
      if (isLive(status) || !hasPidNamespace(stored.config)) await this.#signalAll(stored, number)
    } else {
      if (init === undefined || !isLive(status)) {
        if (options.all === true) return
        throw notRunning(this.id, 'container not running')
      }
      await act(this.#act('kill'), [{ op: 'kill_process', pid: init.pid, startTime: BigInt(init.startTime), signal: number }])
    }
    // A frozen process dies only when it is thawed (v1); on v2 the kill itself is enough, and thawing harms nothing.
    if (number === SIGKILL && (status === 'paused' || status === 'pausing')) await this.#freeze(stored, false)
  }

  /** Freezes every process. Resolves when all are frozen; a container that is paused already stays so. */
  async pause(options: { timeoutMs?: number } = {}): Promise<void> {
    checkOptions('pause', options, RULES.pause)
    await this.#changeFreezer(true, options.timeoutMs)
  }

  /** Thaws every process; a running container stays as it is. */
  async resume(): Promise<void> {
    await this.#changeFreezer(false)
  }

  /** Changes limits of a live container; what is not given stays, `null` clears. All or nothing.
   *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_NOT_RUNNING, ERR_TEU_CGROUP */
  async update(patch: ResourcesPatch, options: { signal?: AbortSignal } = {}): Promise<void> {
    checkResources(patch)
    checkOptions('update', options, RULES.signal)
    const { paths } = this.#load()
    await withLock(paths.directory, options, async () => {
      const loaded = this.#load()
      const status = statusOf(loaded)
      refuseBusy(status, this.id)
      if (!isLive(status)) throw notRunning(this.id, 'container not running')
      const { stored } = loaded
      const old = stored.config.linux?.resources ?? {}
      const update = compileUpdate(old, patch, stored.cgroup, { hasFile: cgroupFileProbe(stored.cgroup) })
      await changeLimits(stored, { old, patch, writes: update.writes }, options.signal)
      const config = { ...stored.config, linux: { ...stored.config.linux, resources: update.resources } }
      const record = StateFile.load<StoredRecord>(paths.directory)
      record.set({ config })
      record.save()
      this.#config = config
    })
  }

  /** How init ended. The exit code is known when this process or a monitor saw the end; otherwise only that it ended. */
  async wait(options: { signal?: AbortSignal } = {}): Promise<ExitReport> {
    checkOptions('wait', options, RULES.signal)
    if (this.#live) return await this.#waitLive(this.#live, options.signal)
    const loaded = this.#load()
    const { init, stored, paths } = loaded
    if (init && isLive(statusOf(loaded))) {
      const step = { op: 'wait_process', pid: init.pid, startTime: BigInt(init.startTime), timeoutMs: 0 } as const
      await act(this.#act('wait'), [step], options.signal).catch((error: unknown) => {
        if (!(error instanceof TeuError && error.code === 'ERR_TEU_NOT_RUNNING')) throw error
      })
      options.signal?.throwIfAborted()
    }
    if (stored.supervised && existsSync(paths.directory)) {
      const report = await recordedExit(loaded, options.signal)
      if (report) return report
    }
    return { oomKilled: false, seccompKilled: false, timedOut: false }
  }

  /** Each time the kernel kills a process of the container for lack of memory. Ends with the container. */
  async *oomEvents(options: { signal?: AbortSignal } = {}): AsyncGenerator<OomEvent> {
    checkOptions('oomEvents', options, RULES.signal)
    const { stored } = this.#load()
    const memory = memoryHierarchy(stored.cgroup)
    if (memory === undefined) {
      throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot watch container "${this.id}" for OOM: it has no memory cgroup`, {
        containerId: this.id,
      })
    }
    yield* watchOomEvents(this.#act('events'), memory, this.#watches, options.signal)
  }

  /** Removes the container: with `force` whatever its state, else only a stopped or created one.
   *  @throws {TeuError} ERR_TEU_RUNNING, ERR_TEU_PAUSED, ERR_TEU_BUSY; a destroyed container is no error */
  async destroy(options: { force?: boolean; timeoutMs?: number } = {}): Promise<void> {
    checkOptions('destroy', options, RULES.destroy)
    let loaded: LoadedRecord
    try {
      loaded = this.#load()
    } catch (error) {
      if (error instanceof TeuError && error.code === 'ERR_TEU_NOT_FOUND') return
      throw error
    }
    const { stored, init, paths } = loaded
    const status = statusOf(loaded)
    if (options.force !== true) refuseDestroy(status, this.id)
    if (init && isLive(status)) await this.#killAndWait(loaded, options.timeoutMs ?? KILL_TIMEOUT_MS)
    if (this.#live) {
      this.#live.run.ref()
      await this.#live.run.finished.catch(noop)
    }
    for (const watch of this.#watches) watch.release()
    // Without a pid namespace init's death takes nobody along; and what is frozen cannot die. With one, whoever is in the cgroup now is
    // of another container that was given the same.
    const isAlone = hasPidNamespace(stored.config)
    if (!isAlone && stored.cgroup.layout !== 'none' && !cgroupIsEmpty(stored.cgroup)) {
      await this.#freeze(stored, false).catch(noop)
      await this.#signalAll(stored, SIGKILL)
    }
    await clearCgroups(stored).catch((error: unknown) => {
      if (!isAlone || cgroupIsEmpty(stored.cgroup)) throw error
    })
    removeStateDirectory(paths)
    this.#live?.stdio.releaseTransport()
    await runHooks(this.#act('delete'), 'poststop', { spec: stored.config, bundle: stored.bundle, pid: 0 })
  }

  /** Lets go of streams and watches. The container stays; `destroy` ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch.release()
    this.#live?.stdio.discard()
    return Promise.resolve()
  }

  #load(): LoadedRecord {
    return loadRecord(this.#context.root, this.id)
  }

  #act(operation: string): ActContext {
    return { transport: actTransport(this.#context), containerId: this.id, operation }
  }

  async #changeFreezer(frozen: boolean, timeoutMs?: number): Promise<void> {
    const loaded = this.#load()
    const status = statusOf(loaded)
    refuseBusy(status, this.id)
    if (!isLive(status)) throw notRunning(this.id, 'container not running')
    if (frozen ? status === 'paused' : status === 'running' || status === 'created') return
    await this.#freeze(loaded.stored, frozen, timeoutMs)
  }

  async #freeze({ cgroup }: StoredRecord, frozen: boolean, timeoutMs = FREEZE_TIMEOUT_MS): Promise<void> {
    const hierarchy = freezerHierarchy(cgroup)
    if (hierarchy === undefined) {
      throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot ${frozen ? 'pause' : 'resume'} container "${this.id}": it has no freezer cgroup`, {
        containerId: this.id,
      })
    }
    await act(this.#act(frozen ? 'pause' : 'resume'), [
      { op: 'freeze', path: hierarchy.path, v2: hierarchy.version === 2, frozen, timeoutMs },
    ])
  }

  async #signalAll({ cgroup }: StoredRecord, signal: number): Promise<void> {
    const hierarchy = processHierarchy(cgroup)
    if (hierarchy === undefined || !existsSync(hierarchy.path)) return
    const freezer = freezerHierarchy(cgroup)
    const step = { op: 'signal_cgroup', path: hierarchy.path, freezer: freezer?.version === 1 ? freezer.path : '', signal } as const
    await act(this.#act('kill'), [step])
  }

  async #killAndWait({ stored, init }: LoadedRecord, timeoutMs: number): Promise<void> {
    if (init === undefined) return
    const identity = { pid: init.pid, startTime: BigInt(init.startTime) }
    const gone = (error: unknown): void => {
      if (!(error instanceof TeuError && error.code === 'ERR_TEU_NOT_RUNNING')) throw error
    }
    await act(this.#act('delete'), [{ op: 'kill_process', ...identity, signal: SIGKILL }]).catch(gone)
    if (stored.cgroup.layout !== 'none') await this.#freeze(stored, false).catch(noop)
    await act(this.#act('delete'), [{ op: 'wait_process', ...identity, timeoutMs }]).catch(gone)
  }

  async #waitLive({ run }: Live, signal: AbortSignal | undefined): Promise<ExitReport> {
    run.ref()
    return await abortable(run.exited, signal)
  }
}

const SIGKILL = 9

function noop(): void {
  // Used where a failure or a wake-up has nothing to say.
}

function hasPidNamespace(spec: Spec): boolean {
  return spec.linux?.namespaces?.some(({ type, path }) => type === 'pid' && (path === undefined || path === '')) ?? false
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
