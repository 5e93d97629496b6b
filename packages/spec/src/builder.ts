import { parseBytes } from './bytes.ts'
import { capabilityNumber } from './capabilities.ts'
import { checkOptions, OPTION, type OptionRule, wordOption } from './check-options.ts'
import { DEFAULT_CAPABILITIES, DEFAULT_PATH, defaultSpec } from './default-spec.ts'
import { TeuError } from './error.ts'
import type { Hooks } from './types/hooks.ts'
import type { Integer } from './types/integer.ts'
import type { Linux, LinuxNamespaceType } from './types/linux.ts'
import type { LinuxIDMapping, Mount } from './types/mount.ts'
import type { Box, POSIXRlimit, Process, User } from './types/process.ts'
import type { LinuxResources } from './types/resources.ts'
import type { LinuxSeccomp } from './types/seccomp.ts'
import type { Spec } from './types/spec.ts'

/** What {@link specFor} makes a config from. Sizes are bytes or text such as `64MiB`. */
export interface SpecOptions {
  /** Directory that becomes `/`; absolute, or relative to the bundle. */
  rootfs: string
  /** Program and arguments. */
  command: readonly string[]
  /** Added to the default `PATH` (and `TERM` with a terminal); a later value of a name wins. */
  env?: Readonly<Record<string, string>> | readonly string[] | undefined
  /** Default `/`. */
  cwd?: string | undefined
  /** A number is uid and gid. Default root in the container. */
  user?: number | (Omit<User, 'gid'> & { gid?: number | undefined }) | undefined
  /** Mounted after the standard ones, in this order. See {@link bindMount} and {@link tmpfsMount}. */
  mounts?: readonly Mount[] | undefined
  memory?: string | Integer | undefined
  /** Memory and swap together; -1 is unlimited. Default: the same as `memory`, which is no swap. */
  memorySwap?: string | Integer | undefined
  /** Processors' worth of time, at least 0.01: `0.5`, `2`. */
  cpus?: number | undefined
  /** CPUs to run on: `0-3,7`. */
  cpuset?: string | undefined
  /** Most processes and threads; -1 is unlimited. */
  pids?: number | undefined
  /** Default `teu`. */
  hostname?: string | undefined
  /** The root file system is read-only. Default false. */
  readonly?: boolean | undefined
  /** `none` (default): its own network with nothing but loopback. `host`: the host's network. */
  network?: 'none' | 'host' | undefined
  /** All capabilities of the process; replaces {@link DEFAULT_CAPABILITIES}. */
  capabilities?: readonly string[] | undefined
  /** Default true. */
  noNewPrivileges?: boolean | undefined
  /** Default false. */
  terminal?: boolean | undefined
  consoleSize?: Box | undefined
  /** Replaces the default limit of 1024 open files. */
  rlimits?: readonly POSIXRlimit[] | undefined
  seccomp?: LinuxSeccomp | undefined
  sysctl?: Readonly<Record<string, string>> | undefined
  hooks?: Hooks | undefined
  annotations?: Readonly<Record<string, string>> | undefined
  cgroupsPath?: string | undefined
  /** Maps for a user namespace; without them there is none. */
  userNamespace?: { readonly uidMappings: readonly LinuxIDMapping[]; readonly gidMappings: readonly LinuxIDMapping[] } | undefined
}

const CPU_PERIOD_US = 100_000
const MIN_CPUS = 0.01
const MAX_CPUS = 1_000_000

const list: OptionRule = { expected: 'an array', isKind: Array.isArray }

/** Rules for {@link SpecOptions}. Validation of the config says more about the rest than could be said here. */
export const SPEC_OPTION_RULES: Readonly<Record<keyof SpecOptions, OptionRule>> = {
  rootfs: OPTION.any,
  command: list,
  env: { expected: 'an object or an array of strings, with names that have no "="', isKind: isEnvironment, isInRange: hasEnvironmentNames },
  cwd: OPTION.text,
  user: { expected: 'a number or an object', isKind: (value) => typeof value === 'number' || OPTION.object.isKind(value) },
  mounts: list,
  memory: OPTION.any,
  memorySwap: OPTION.any,
  cpus: {
    expected: `a number from ${MIN_CPUS} to ${MAX_CPUS}`,
    isKind: isNumber,
    isInRange: (value: number) => value >= MIN_CPUS && value <= MAX_CPUS,
  },
  cpuset: OPTION.any,
  pids: OPTION.any,
  hostname: OPTION.text,
  readonly: OPTION.flag,
  network: wordOption('none', 'host'),
  // A config may name capabilities of other kernels; here a name that does not exist is a slip.
  capabilities: {
    expected: 'an array of capabilities, such as CAP_NET_BIND_SERVICE',
    isKind: OPTION.texts.isKind,
    isInRange: (names: readonly string[]) => names.every((name) => capabilityNumber(name) !== undefined),
  },
  noNewPrivileges: OPTION.flag,
  terminal: OPTION.flag,
  consoleSize: OPTION.object,
  rlimits: list,
  seccomp: OPTION.any,
  sysctl: OPTION.any,
  hooks: OPTION.any,
  annotations: OPTION.any,
  cgroupsPath: OPTION.text,
  userNamespace: OPTION.object,
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

function isEnvironment(value: unknown): boolean {
  const entries: unknown = OPTION.object.isKind(value) ? Object.values(value as object) : value
  return OPTION.texts.isKind(entries)
}

function hasEnvironmentNames(env: Readonly<Record<string, string>> | readonly string[]): boolean {
  return isList(env) || Object.keys(env).every((name) => name !== '' && !name.includes('='))
}

/**
 * A config for one program, with secure defaults: namespaces of every kind but user and time, few capabilities, no new privileges,
 * no device but the standard ones, the usual paths hidden or read-only. Pure. It is not validated here; creating a container does.
 * @throws {TypeError} for an option that does not exist or is of the wrong type
 * @throws {RangeError} for `cpus` below 0.01 or an unknown `network`
 * @throws {TeuError} ERR_TEU_USAGE for a size that is none
 */
export function specFor(options: SpecOptions): Spec {
  checkOptions('specFor', options, SPEC_OPTION_RULES)
  if (options.command === undefined) throw new TypeError('specFor: command must be an array, got nothing')
  const base = defaultSpec({ cgroupV2: true })
  return {
    ociVersion: base.ociVersion,
    process: processFor(options),
    root: { path: options.rootfs, readonly: options.readonly ?? false },
    hostname: options.hostname ?? base.hostname,
    mounts: [...(base.mounts ?? []), ...(options.mounts ?? [])],
    ...given('hooks', options.hooks),
    ...given('annotations', options.annotations),
    linux: linuxFor(options, base.linux ?? {}),
  }
}

/** A bind mount, recursive, private, without set-id bits and devices. `readonly` holds for everything below it too. */
export function bindMount(source: string, destination: string, options: { readonly?: boolean } = {}): Mount {
  const access = options.readonly === true ? 'rro' : 'rw'
  return { destination, type: 'bind', source, options: ['rbind', 'rprivate', 'nosuid', 'nodev', access] }
}

/** An empty directory in memory with mode 1777. `size` is its limit, default 64 MiB. */
export function tmpfsMount(destination: string, options: { size?: string | Integer } = {}): Mount {
  const size = parseBytes(options.size ?? '64MiB')
  return { destination, type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', `size=${size}`] }
}

function processFor(options: SpecOptions): Process {
  const { user = 0, terminal = false } = options
  const capabilities = options.capabilities ?? DEFAULT_CAPABILITIES
  return {
    terminal,
    ...given('consoleSize', options.consoleSize),
    user: typeof user === 'number' ? { uid: user, gid: user } : { ...user, gid: user.gid ?? user.uid },
    args: [...options.command],
    env: environment(options.env ?? [], terminal),
    cwd: options.cwd ?? '/',
    capabilities: { bounding: [...capabilities], effective: [...capabilities], permitted: [...capabilities] },
    rlimits: options.rlimits ?? [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
    noNewPrivileges: options.noNewPrivileges ?? true,
  }
}

function environment(env: Readonly<Record<string, string>> | readonly string[], terminal: boolean): string[] {
  const own = isList(env) ? env : Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const names = new Set(own.map((entry) => entry.split('=', 1)[0]))
  const defaults = [`PATH=${DEFAULT_PATH}`, ...(terminal ? ['TERM=xterm'] : [])]
  return [...defaults.filter((entry) => !names.has(entry.split('=', 1)[0])), ...own]
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value)
}

function linuxFor(options: SpecOptions, base: Linux): Linux {
  const { network = 'none' } = options
  const shared: LinuxNamespaceType | undefined = network === 'host' ? 'network' : undefined
  const namespaces = (base.namespaces ?? []).filter(({ type }) => type !== shared)
  return {
    ...base,
    namespaces: options.userNamespace === undefined ? namespaces : [...namespaces, { type: 'user' }],
    ...options.userNamespace,
    resources: { ...base.resources, ...limits(options) },
    ...given('seccomp', options.seccomp),
    ...given('sysctl', options.sysctl),
    ...given('cgroupsPath', options.cgroupsPath),
  }
}

/** In a config 0 means "not set": whoever writes it here has miscalculated, and would get no limit at all. */
function limitOf(size: string | Integer, name: string): Integer {
  const bytes = parseBytes(size, name)
  if (bytes === 0) throw new TeuError('ERR_TEU_USAGE', `${name}: expected a size above 0, or -1 for unlimited, got 0`)
  return bytes
}

function limits({ memory, memorySwap, cpus, cpuset, pids }: SpecOptions): LinuxResources {
  const limit = memory === undefined ? undefined : limitOf(memory, 'memory')
  const swap = memorySwap === undefined ? limit : limitOf(memorySwap, 'memorySwap')
  const quota = cpus === undefined ? {} : { quota: Math.round(cpus * CPU_PERIOD_US), period: CPU_PERIOD_US }
  const cpu = { ...quota, ...given('cpus', cpuset) }
  return {
    ...(limit === undefined && swap === undefined ? {} : { memory: { ...given('limit', limit), ...given('swap', swap) } }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  }
}

/** `{ [key]: value }`, or nothing for an absent value. */
function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: T })
}
