/** First half of create, without side effects: options and config.json in, a compiled plan and a record out. Every mistake of the
 *  caller is found here, before anything on the machine has changed. */

import { readFileSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plan, Step } from '@teu/init'
import { checkContainerId, parseSpec, prepareSpec, type Spec, TeuError, validateSpec } from '@teu/spec'
import { cgroupFileProbe, chooseCgroups } from '../cgroup/choose.ts'
import { memoryHierarchy } from '../cgroup/guard.ts'
import type { CgroupLocation } from '../cgroup/locate.ts'
import { planCgroupAfter, planCgroupJoin, planCgroupSetup, planCollect } from '../cgroup/plan.ts'
import type { HostFacts } from '../host-facts.ts'
import { compileCreatePlan, type StdioPlan, type TerminalPlan } from '../plan/create.ts'
import { bootId, readOwnStartTime } from '../probe/proc-stat.ts'
import type { StoredRecord } from '../record/container-record.ts'
import type { StatePaths } from '../record/paths.ts'
import { limitsWhileHeld } from '../systemd/held-limits.ts'
import { rememberedConfig } from './bundle-cache.ts'
import { seccompFilter } from './seccomp-filter.ts'
import type { CgroupManager, CreateOptions } from '../types.ts'

/** How the container is going to be looked after. */
export type CreateMode =
  /** Helper exits, init waits at the gate, its parent becomes the caller's subreaper. */
  | 'create'
  /** Init waits at the gate, the helper stays as its monitor. */
  | 'create-supervised'
  /** No gate; the helper stays and cleans up. */
  | 'run'

/** A config that has been read, checked and made absolute. */
export interface PreparedConfig {
  readonly id: string
  /** See {@link readConfig}. */
  readonly isOnly: boolean
  readonly bundle: string
  readonly spec: Spec
  /** Stands for a config that stays the same from call to call; undefined for an object of the caller, who may change it, and where there
   *  is only one call. */
  readonly source: Spec | undefined
}

interface ConfigOptions extends Pick<CreateOptions, 'bundle' | 'spec'> {
  readonly isOnly: boolean
}

/** Reads and checks id, bundle and config.json.
 *  @param options.isOnly  the caller ends with this container: nothing is kept for later calls
 *  @throws {TeuError} ERR_TEU_INVALID_ID, ERR_TEU_CONFIG_INVALID (with line and column, or JSON pointer) */
export function readConfig(id: string, options: ConfigOptions): PreparedConfig {
  const { isOnly } = options
  checkContainerId(id)
  const bundle = realDirectory(options.bundle, 'bundle')
  const source = isOnly ? undefined : lastingConfig(options.spec, bundle)
  const spec = source ?? prepareSpec(options.spec === undefined ? readSpecFile(bundle) : validateSpec(options.spec), bundle)
  const root = spec.root?.path
  if (root === undefined) throw invalid('/root', 'root: a container needs a root file system')
  checkDirectory(root, 'root file system', '/root/path')
  if (spec.process === undefined) throw invalid('/process', 'process: a container needs a process')
  return { id, isOnly, bundle, spec, source }
}

/** The prepared config, where it is one that stays the same from call to call. */
function lastingConfig(spec: Spec | undefined, bundle: string): Spec | undefined {
  if (spec === undefined) return rememberedConfig(`${bundle}/config.json`, () => prepareSpec(readSpecFile(bundle), bundle))
  return ownSpecs.has(spec) ? spec : undefined
}

const ownSpecs = new WeakSet<Spec>()

/** Checks a config once and for all: the result can be run again and again at no further cost. Nobody may change it.
 *  @param bundle  absolute; what relative paths of the config refer to */
export function sealSpec(spec: Spec, bundle: string): Spec {
  const sealed = prepareSpec(validateSpec(spec), bundle)
  ownSpecs.add(sealed)
  return sealed
}

export interface PlanRequest {
  readonly config: PreparedConfig
  readonly host: HostFacts
  readonly paths: StatePaths
  readonly mode: CreateMode
  readonly cgroupManager: CgroupManager
  readonly stdio: readonly [StdioPlan, StdioPlan, StdioPlan]
  readonly terminal?: TerminalPlan
  /** Descriptors that teu-init inherited, by its own numbers. */
  readonly extraFds?: readonly number[]
  readonly listenFds?: { count: number; names?: string }
  readonly forwardSignals?: boolean
  readonly quietStart?: boolean
  readonly bindToCaller?: boolean
  /** The monitor removes the container when it has ended. */
  readonly removeAtExit: boolean
  readonly options: CreateOptions
}

export interface PlannedContainer {
  readonly plan: Plan
  readonly cgroup: CgroupLocation
}

/** Compiles everything that is to happen. */
export function planContainer(request: PlanRequest): PlannedContainer {
  const { config, host, paths, mode, options } = request
  const { spec } = config
  checkTerminal(request)
  const { cgroupsPath, resources, namespaces } = spec.linux ?? {}
  const cgroup = chooseCgroups({ cgroupsPath, id: config.id, manager: request.cgroupManager, host, resources })
  const privatePidNamespace = namespaces?.some(({ type, path }) => type === 'pid' && !path) ?? false
  const seccomp = spec.linux?.seccomp && seccompFilter(spec.linux.seccomp, { host, isOnly: config.isOnly })
  const plan = compileCreatePlan({
    id: config.id,
    spec,
    bundle: config.bundle,
    host,
    mode,
    stateDir: paths.directory,
    cgroup: {
      setup: planCgroupSetup({ spec: cgroup.unit ? whileHeld(spec) : spec, location: cgroup, host, hasFile: cgroupFileProbe(cgroup) }),
      ...planCgroupJoin(cgroup),
      paths: cgroup.paths,
      // A container that was created stays, stopped, with its cgroups, until it is destroyed.
      after: request.removeAtExit
        ? planCgroupAfter(cgroup, { privatePidNamespace, resources })
        : [...planCollect(cgroup, resources), ...keepCounters(cgroup, paths)],
    },
    stdio: request.stdio,
    namespaceLinks: namespaceLinks(spec),
    ...(seccomp && { seccomp }),
    ...(request.terminal && { terminal: request.terminal }),
    ...(options.consoleSocket !== undefined && { consoleSocket: options.consoleSocket }),
    ...(options.pidFile !== undefined && { pidFile: options.pidFile }),
    ...(options.pidfdSocket !== undefined && { pidfdSocket: options.pidfdSocket }),
    ...(options.rootOverlay !== undefined && { rootOverlay: options.rootOverlay }),
    recordExit: mode !== 'create' && !request.removeAtExit,
    ...(options.noPivot !== undefined && { noPivot: options.noPivot }),
    ...(options.noNewKeyring !== undefined && { noNewKeyring: options.noNewKeyring }),
    ...(request.extraFds && { extraFds: request.extraFds }),
    ...(request.listenFds && { listenFds: request.listenFds }),
    ...(options.notifySocket !== undefined && { notifySocketDir: paths.notifyDirectory }),
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
    forwardSignals: request.forwardSignals ?? false,
    quietStart: request.quietStart ?? false,
    bindToCaller: request.bindToCaller ?? false,
  })
  return { plan, cgroup }
}

/** The config with limits that leave room for the process which holds the unit open. */
function whileHeld(spec: Spec): Spec {
  const { linux } = spec
  return linux?.resources ? { ...spec, linux: { ...linux, resources: limitsWhileHeld(linux.resources) } } : spec
}

/** The monitor's last act: the counters that say whether the kernel killed something, for whoever asks later. */
function keepCounters(cgroup: CgroupLocation, paths: StatePaths): Step[] {
  const memory = memoryHierarchy(cgroup)
  if (memory === undefined) return []
  const names = memory.version === 2 ? ['memory.events', 'memory.peak'] : ['memory.oom_control', 'memory.max_usage_in_bytes']
  const kept = [paths.memoryEvents, paths.memoryPeak]
  return names.map((name, index) => ({ op: 'keep_file', from: `${memory.path}/${name}`, to: kept[index] as string }))
}

/** Now, as records have it: RFC 3339 with nanoseconds, as runc writes it. */
export function creationTime(): string {
  return new Date().toISOString().replace('Z', '000000Z')
}

/** The record as it is first written: status `creating`, owned by this process. */
export function firstRecord(request: PlanRequest, cgroup: CgroupLocation, created: string = creationTime()): StoredRecord {
  const { config, host, options, mode, cgroupManager } = request
  const { annotations } = config.spec
  return {
    version: 1,
    id: config.id,
    created,
    bootId: bootId(),
    ociVersion: config.spec.ociVersion,
    bundle: config.bundle,
    ...(annotations && { annotations }),
    rootless: host.rootless,
    cgroup,
    cgroupManager,
    ...(cgroup.unit && { systemdScope: cgroup.unit.name }),
    noNewKeyring: options.noNewKeyring ?? false,
    noPivot: options.noPivot ?? false,
    owner: ownerName(host.euid),
    creator: { pid: process.pid, startTime: readOwnStartTime() },
    complete: mode === 'run' && !hasSetupHooks(config.spec),
    supervised: mode !== 'create',
    config: config.spec,
  }
}

/** Hooks that run between the clone and the start: they may ask for the state, which is `creating` then. */
export function hasSetupHooks({ hooks }: Spec): boolean {
  const lists = [hooks?.prestart, hooks?.createRuntime, hooks?.createContainer, hooks?.startContainer]
  return lists.some((list) => list !== undefined && list.length > 0)
}

function checkTerminal({ config, options, terminal, mode }: PlanRequest): void {
  const wanted = config.spec.process?.terminal ?? false
  if (!wanted && options.consoleSocket !== undefined) {
    throw new TeuError('ERR_TEU_USAGE', 'Cannot use a console socket: process.terminal is false', { pointer: '/process/terminal' })
  }
  // Without a socket somebody has to stay and relay the terminal.
  if (wanted && options.consoleSocket === undefined && (mode === 'create' || terminal === undefined)) {
    throw new TeuError('ERR_TEU_USAGE', 'Cannot allocate a terminal without a console socket', {
      pointer: '/process/terminal',
      remedy: 'Give a console socket, or set process.terminal to false',
    })
  }
}

function readSpecFile(bundle: string): Spec {
  const file = `${bundle}/config.json`
  let text: string
  try {
    refuseStrangeFile(file)
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof TeuError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot read ${file}: ${code === 'ENOENT' ? 'the bundle has no config.json' : code}`, {
      path: file,
      errno: code,
      remedy: 'Write one with `teu-oci spec`, or give the directory that holds it',
      cause,
    })
  }
  return parseSpec(text, { file })
}

const MAX_CONFIG_BYTES = 16 * 1024 * 1024

/** Reading a FIFO waits for ever, and a device has no end. */
function refuseStrangeFile(file: string): void {
  const stat = statSync(file)
  const reason = !stat.isFile()
    ? 'it is not a regular file'
    : stat.size > MAX_CONFIG_BYTES
      ? `it is larger than ${MAX_CONFIG_BYTES} bytes`
      : undefined
  if (reason) throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot read ${file}: ${reason}`, { path: file })
}

/** Resolves all links of a directory's path. */
function realDirectory(path: string, what: string): string {
  const absolute = resolve(path)
  checkDirectory(absolute, what)
  return realpathSync.native(absolute)
}

function checkDirectory(path: string, what: string, pointer?: string): void {
  try {
    if (statSync(path).isDirectory()) return
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot use the ${what} ${path}: it is not a directory`, { path, pointer })
  } catch (cause) {
    if (cause instanceof TeuError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'it does not exist' : code
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot use the ${what} ${path}: ${reason}`, { path, pointer, errno: code, cause })
  }
}

function invalid(pointer: string, message: string): TeuError {
  return new TeuError('ERR_TEU_CONFIG_INVALID', message, { pointer })
}

/** Which namespace each path of the config names: the compiler refuses settings that would change one of the host's own. */
function namespaceLinks(spec: Spec): Record<string, string> {
  const links: Record<string, string> = {}
  for (const [index, { path, type }] of (spec.linux?.namespaces ?? []).entries()) {
    if (path === undefined) continue
    try {
      // stat(2) follows both the link in procfs and a bind mount of it; the text is what the link would say.
      links[path] = `${PROC_NAMES[type] ?? type}:[${statSync(path, { bigint: true }).ino}]`
    } catch (cause) {
      const errno = (cause as NodeJS.ErrnoException).code
      throw new TeuError('ERR_TEU_CONFIG_INVALID', `linux.namespaces[${index}].path: cannot open ${path}: ${errno}`, {
        pointer: `/linux/namespaces/${index}/path`,
        path,
        errno,
        cause,
      })
    }
  }
  return links
}

/** Names of the namespace types in procfs. */
const PROC_NAMES: Readonly<Record<string, string>> = { network: 'net', mount: 'mnt' }

const ownerNames = new Map<number, string>()

/** Name of the user in /etc/passwd, or `#uid`, as it was when this process first asked. */
function ownerName(euid: number): string {
  let name = ownerNames.get(euid)
  if (name === undefined) ownerNames.set(euid, (name = lookUpName(euid)))
  return name
}

/** Bun's userInfo() believes the environment. */
function lookUpName(euid: number): string {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , uid] = line.split(':', 3)
      if (name && uid === String(euid)) return name
    }
  } catch {
    // Nobody has to be able to read it.
  }
  return `#${euid}`
}
