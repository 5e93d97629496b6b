/** Profiles as people pass them to engines (`--security-opt seccomp=FILE`): the OCI object with entries that depend on the machine. */

import type { LinuxSeccomp, LinuxSyscall } from '@teu/spec'
import { TeuError } from '@teu/spec'
import { nativeArchitecture } from './architecture.ts'
import { shown } from './profile-error.ts'
import type { SyscallTable } from './syscalls.ts'

/** What the conditional entries of a profile may ask about. */
export interface ProfileConditions {
  /** The container's bounding set, as `CAP_…` names. */
  readonly capabilities: readonly string[]
  /** Machine name of uname(2). */
  readonly machine: string
  readonly kernel: readonly [major: number, minor: number]
}

type JsonObject = Readonly<Record<string, unknown>>

/** Architecture names of such files (those of libseccomp's Go binding). */
const ARCH_NAMES: Readonly<Record<SyscallTable, string>> = { X86_64: 'amd64', X86: 'x86', X32: 'x32', AARCH64: 'arm64', ARM: 'arm' }

/** Resolves a profile in the format of Docker and Podman to the OCI object: `archMap` to `architectures`, entries with `includes` and
 *  `excludes` (`caps`, `arches`, `minKernel`) kept or left out, `name` to `names`, error names to numbers. A profile that is already
 *  an OCI object comes out equal in meaning. What the fields hold is checked by `compileSeccomp()`.
 *
 *  @param profile  the parsed JSON file
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID with a JSON pointer into the file
 *  @see docs.docker.com "Seccomp security profiles for Docker"; containers-common seccomp.json(5) */
export function resolveSeccompProfile(profile: unknown, conditions: ProfileConditions): LinuxSeccomp {
  const file = object(profile, '')
  const arch = nativeArchitecture(conditions.machine).name
  const { defaultErrno, archMap, syscalls, ...rest } = file
  const defaultErrnoRet = errnoNumber(defaultErrno, file.defaultErrnoRet, '/defaultErrno')
  const architectures = resolveArchitectures(archMap, file.architectures, arch)
  return {
    ...definedOnly({
      defaultAction: rest.defaultAction,
      defaultErrnoRet,
      architectures,
      flags: rest.flags,
      listenerPath: rest.listenerPath,
      listenerMetadata: rest.listenerMetadata,
    }),
    syscalls: list(syscalls, '/syscalls')
      .map((entry, i) => resolveEntry(object(entry, `/syscalls/${i}`), `/syscalls/${i}`, arch, conditions))
      .filter((entry) => entry !== undefined),
  } as unknown as LinuxSeccomp
}

function resolveArchitectures(archMap: unknown, architectures: unknown, arch: SyscallTable): unknown {
  const map = list(archMap, '/archMap')
  if (map.length === 0) return architectures
  if (list(architectures, '/architectures').length > 0) throw fileError('/archMap', 'stands beside "architectures", only one may be given')
  for (const [i, item] of map.entries()) {
    const { architecture, subArchitectures } = object(item, `/archMap/${i}`)
    if (architecture === `SCMP_ARCH_${arch}`) return [architecture, ...strings(subArchitectures, `/archMap/${i}/subArchitectures`)]
  }
  return undefined
}

function resolveEntry(entry: JsonObject, at: string, arch: SyscallTable, conditions: ProfileConditions): LinuxSyscall | undefined {
  const names = strings(entry.names, `${at}/names`)
  if (typeof entry.name === 'string' && entry.name !== '') {
    if (names.length > 0) throw fileError(`${at}/name`, 'stands beside "names", only one may be given')
    names.push(entry.name)
  }
  const includes = parseFilter(entry.includes, `${at}/includes`)
  const excludes = parseFilter(entry.excludes, `${at}/excludes`)
  const has = (name: string): boolean => conditions.capabilities.includes(name)

  if (includes.arches.length > 0 && !includes.arches.includes(ARCH_NAMES[arch])) return undefined
  if (!includes.caps.every(has)) return undefined
  if (includes.minKernel !== undefined && isOlder(conditions.kernel, includes.minKernel)) return undefined
  if (excludes.arches.includes(ARCH_NAMES[arch])) return undefined
  if (excludes.caps.some(has)) return undefined
  if (excludes.minKernel !== undefined && !isOlder(conditions.kernel, excludes.minKernel)) return undefined

  const args = list(entry.args, `${at}/args`)
  return definedOnly({
    names,
    action: entry.action,
    errnoRet: errnoNumber(entry.errno, entry.errnoRet, `${at}/errno`),
    args: args.length === 0 ? undefined : args,
  }) as unknown as LinuxSyscall
}

interface EntryFilter {
  readonly caps: readonly string[]
  readonly arches: readonly string[]
  readonly minKernel: readonly [number, number] | undefined
}

function parseFilter(value: unknown, at: string): EntryFilter {
  const { caps, arches, minKernel } = value === undefined || value === null ? ({} as JsonObject) : object(value, at)
  return {
    caps: strings(caps, `${at}/caps`),
    arches: strings(arches, `${at}/arches`),
    minKernel: parseKernel(minKernel, `${at}/minKernel`),
  }
}

function parseKernel(value: unknown, at: string): readonly [number, number] | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const match = typeof value === 'string' ? /^(\d+)\.(\d+)$/.exec(value) : null
  if (match === null) throw fileError(at, `expected a kernel version such as "4.8", got ${shown(value)}`)
  return [Number(match[1]), Number(match[2])]
}

function isOlder(kernel: readonly [number, number], than: readonly [number, number]): boolean {
  return kernel[0] < than[0] || (kernel[0] === than[0] && kernel[1] < than[1])
}

/** An error given by name or number; the name, Podman's addition, counts when both are there. */
function errnoNumber(name: unknown, number: unknown, at: string): unknown {
  if (name === undefined || name === null || name === '') return number ?? undefined
  const errno =
    typeof name === 'string' ? (process.getBuiltinModule('node:os').constants.errno as Readonly<Record<string, number>>)[name] : undefined
  if (errno === undefined) throw fileError(at, `expected an error name such as "EPERM", got ${shown(name)}`)
  return errno
}

function object(value: unknown, at: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw fileError(at, `expected an object, got ${shown(value)}`)
}

function list(value: unknown, at: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw fileError(at, `expected a list, got ${shown(value)}`)
}

function strings(value: unknown, at: string): string[] {
  return list(value, at).map((item, i) => {
    if (typeof item === 'string') return item
    throw fileError(`${at}/${i}`, `expected a string, got ${shown(item)}`)
  })
}

function definedOnly(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null))
}

function fileError(pointer: string, problem: string): TeuError {
  return new TeuError('ERR_TEU_CONFIG_INVALID', `Seccomp profile ${pointer === '' ? 'file' : pointer}: ${problem}`, { pointer })
}
