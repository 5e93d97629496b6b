/** One more process in a container that runs. */

import { resolve } from 'node:path'
import { checkOptions, type Process, signalNumber, TeuError, validateProcess, abortable } from '@teu/spec'
import { followInit, planCgroupExecJoin } from '../cgroup/exec.ts'
import type { HostFacts } from '../host-facts.ts'
import { compileExecPlan } from '../plan/exec.ts'
import type { LoadedRecord } from '../record/container-record.ts'
import { isTraced } from '../report/trace.ts'
import { seccompFilter } from './seccomp-filter.ts'
import type { ExecProcess, ExitReport, ProcessOptions, Signal } from '../types.ts'
import { RULES } from '../option-rules.ts'
import { PlanRun } from './plan-run.ts'
import { type ConnectedStdio, connectStdio, type HelperKind, planStdio } from './stdio.ts'

/** Options of {@link Container.exec}; a whole `process` object of the spec stands for the fields that describe one. */
export interface ExecOptions extends Omit<ProcessOptions, 'args'> {
  args?: readonly string[]
  /** Taken as it is: nothing is filled in from the container's config. */
  process?: Process
  forwardSignals?: boolean
  noNewKeyring?: boolean
}

interface ExecContext {
  readonly root: string
  readonly helper: HelperKind
  readonly host: HostFacts
}

/** Starts one more process in a container whose record has been read and whose state allows it.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_PROCESS_START, ERR_TEU_NOT_RUNNING */
export async function startExec(context: ExecContext, { paths, stored, init }: LoadedRecord, options: ExecOptions): Promise<ExecProcess> {
  options.signal?.throwIfAborted()
  const process = options.process ?? processFrom(stored.config.process, options)
  validateProcess(process)
  if (init === undefined) throw new TeuError('ERR_TEU_NOT_RUNNING', 'cannot exec in a stopped container', { containerId: stored.id })
  const consoleSocket = options.consoleSocket === undefined ? undefined : resolve(options.consoleSocket)
  const stdioRequest = {
    helper: context.helper,
    stdio: options.stdio ?? 'inherit',
    relayTerminal: (process.terminal ?? false) && consoleSocket === undefined,
    extraFds: options.extraFds ?? [],
  } as const
  if (options.detach === true && stdioRequest.relayTerminal) {
    throw new TeuError('ERR_TEU_USAGE', 'Cannot allocate a terminal for a detached process without a console socket', {
      containerId: stored.id,
    })
  }
  const planned = planStdio(stdioRequest)
  const profile = stored.config.linux?.seccomp
  const seccomp = profile && seccompFilter(profile, { host: context.host, isOnly: context.helper === 'once' })
  const plan = compileExecPlan({
    id: stored.id,
    spec: stored.config,
    bundle: stored.bundle,
    process,
    init: { pid: init.pid, startTime: BigInt(init.startTime) },
    host: context.host,
    mode: options.detach === true ? 'exec-detached' : 'exec',
    cgroup: planCgroupExecJoin(followInit(stored.cgroup, init.pid), { subCgroup: options.subCgroup }),
    noNewKeyring: options.noNewKeyring ?? stored.noNewKeyring,
    stdio: planned.plans,
    extraFds: planned.extraFds,
    ...(seccomp && { seccomp }),
    ...(planned.terminal && { terminal: planned.terminal }),
    ...(consoleSocket !== undefined && { consoleSocket }),
    ...(options.pidfdSocket !== undefined && { pidfdSocket: resolve(options.pidfdSocket) }),
    ...(options.pidFile !== undefined && { pidFile: resolve(options.pidFile) }),
    ...(options.cpuAffinity && { cpuAffinity: options.cpuAffinity }),
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    forwardSignals: options.forwardSignals ?? false,
    bindToCaller: options.detach !== true,
  })
  const stdio = await connectStdio(stdioRequest, paths.directory)
  const run = new PlanRun({
    transport: stdio.transport,
    plan: () => plan,
    containerId: stored.id,
    operation: 'exec',
    trace: context.helper === 'spawner' && isTraced(),
    ...(stdio.tag !== undefined && { tag: stdio.tag }),
  })
  try {
    await run.started
  } catch (error) {
    stdio.discard()
    await run.finished.catch(() => undefined)
    stdio.releaseTransport()
    throw error
  }
  const running = new RunningExec(run, stdio)
  options.signal?.addEventListener('abort', () => run.signal(9), { once: true })
  return running
}

/** Fields that are not given come from the container's own process. */
function processFrom(base: Process | undefined, options: ExecOptions): Process {
  const { terminal: _terminal, consoleSize: _size, ...inherited } = base ?? { cwd: '/', user: { uid: 0, gid: 0 } }
  const { user } = options
  return {
    ...inherited,
    args: [...(options.args ?? [])],
    ...(options.env && { env: [...options.env] }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(user && {
      user: {
        uid: user.uid,
        gid: user.gid,
        ...(user.umask !== undefined && { umask: user.umask }),
        ...(user.additionalGids && { additionalGids: [...user.additionalGids] }),
      },
    }),
    ...(options.terminal === true && { terminal: true, ...(options.consoleSize && { consoleSize: options.consoleSize }) }),
    ...(options.capabilities && { capabilities: options.capabilities }),
    ...(options.noNewPrivileges !== undefined && { noNewPrivileges: options.noNewPrivileges }),
    ...(options.apparmorProfile !== undefined && { apparmorProfile: options.apparmorProfile }),
    ...(options.selinuxLabel !== undefined && { selinuxLabel: options.selinuxLabel }),
    ...(options.rlimits && { rlimits: [...options.rlimits] }),
    ...(options.scheduler && { scheduler: options.scheduler }),
    ...(options.ioPriority && { ioPriority: options.ioPriority }),
    ...(options.oomScoreAdj !== undefined && { oomScoreAdj: options.oomScoreAdj }),
  }
}

class RunningExec implements ExecProcess {
  readonly pid: number
  readonly stdin?: NodeJS.WritableStream
  readonly stdout?: NodeJS.ReadableStream
  readonly stderr?: NodeJS.ReadableStream
  readonly #run: PlanRun
  readonly #stdio: ConnectedStdio

  constructor(run: PlanRun, stdio: ConnectedStdio) {
    this.#run = run
    this.#stdio = stdio
    this.pid = run.pid as number
    if (stdio.stdin) this.stdin = stdio.stdin
    if (stdio.stdout) this.stdout = stdio.stdout
    if (stdio.stderr) this.stderr = stdio.stderr
    run.finished.catch(() => undefined).finally(() => stdio.releaseTransport())
  }

  async wait(options: { signal?: AbortSignal } = {}): Promise<ExitReport> {
    checkOptions('wait', options, RULES.signal)
    return await abortable(this.#run.exited, options.signal)
  }

  async kill(signal: Signal = 'SIGTERM'): Promise<void> {
    this.#run.signal(signalNumber(signal))
  }

  resize(size: { height: number; width: number }): void {
    this.#run.resize(size)
  }

  /** Kills the process if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#run.signal(9)
    await this.#run.finished.catch(() => undefined)
    this.#stdio.discard()
  }
}
