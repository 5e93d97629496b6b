/** From "this command in that root file system" to a config: secure unless asked otherwise. */

import { defaultSeccompProfile, sealSpec, userInRootfs } from '@teu/container'
import {
  DEFAULT_CAPABILITIES,
  type LinuxSeccomp,
  SPEC_OPTION_RULES,
  type Spec,
  type SpecOptions,
  specFor,
  stringifyJson,
  TeuError,
  type User,
} from '@teu/spec'
import { hostRootfs } from './host-rootfs.ts'

/** What {@link run} takes for a program without a bundle; the rest is as in {@link SpecOptions}. */
export interface ProgramOptions extends Omit<SpecOptions, 'user' | 'seccomp' | 'userNamespace'> {
  /** Directory that becomes `/`. `host`: the machine's own root file system, under an overlay that is thrown away; secrets of the machine
   *  (home directories, password hashes, host keys) are hidden. */
  rootfs: string
  /** `uid`, `uid:gid`, or names from the container's own passwd and group files. Default root in the container. */
  user?: string | number
  /** Default: teu's own profile. `unconfined` for none. */
  seccomp?: LinuxSeccomp | 'unconfined'
}

/** A config with what it needs beside it. */
export interface Program {
  readonly bundle: string
  readonly spec: Spec
  readonly rootOverlay: boolean
}

/** Builds the config for a program.
 *  @throws {TeuError} ERR_TEU_USAGE for a user that the container does not know */
export function specForProgram(options: ProgramOptions): Program {
  const wanted = pickSpecOptions(options)
  // Names are looked up in a file of the root file system, which may change.
  if (typeof wanted.user === 'string' && !/^[\d:]+$/.test(wanted.user)) return makeProgram(wanted)
  const key = `${process.cwd()}\0${stringifyJson(wanted)}`
  const known = programs.get(key) ?? makeProgram(wanted)
  programs.delete(key)
  programs.set(key, known)
  for (const oldest of programs.keys()) {
    if (programs.size <= REMEMBERED) break
    programs.delete(oldest)
  }
  return known
}

/** Programs by their options, the last used last: the same call again costs no new config, plan or filter. */
const programs = new Map<string, Program>()
const REMEMBERED = 32

function makeProgram(options: ProgramOptions): Program {
  const { user, seccomp, rootfs, mounts, ...rest } = options
  const onHost = rootfs === 'host'
  const root = onHost ? '/' : rootfs
  const capabilities = rest.capabilities ?? DEFAULT_CAPABILITIES
  const host = onHost ? hostRootfs() : undefined
  const spec = specFor({
    ...rest,
    rootfs: root,
    capabilities,
    mounts: [...(host?.mounts ?? []), ...(mounts ?? [])],
    ...(user !== undefined && { user: userOf(user, root) }),
    ...(seccomp !== 'unconfined' && { seccomp: seccomp ?? profileFor(capabilities) }),
    ...rootlessMaps(),
  })
  if (process.geteuid?.() !== 0) dropTtyGroup(spec)
  if (host && spec.linux) spec.linux.maskedPaths = [...(spec.linux.maskedPaths ?? []), ...host.maskedPaths]
  const bundle = process.cwd()
  return { bundle, spec: sealSpec(spec, bundle), rootOverlay: onHost }
}

/** A user namespace of one id does not know the group that terminals belong to. */
function dropTtyGroup(spec: Spec): void {
  spec.mounts = spec.mounts?.map((mount) =>
    mount.type === 'devpts' ? { ...mount, options: mount.options?.filter((option) => !option.startsWith('gid=')) ?? [] } : mount,
  )
}

function pickSpecOptions(options: ProgramOptions): ProgramOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => Object.hasOwn(SPEC_OPTION_RULES, key) && value !== undefined),
  ) as unknown as ProgramOptions
}

const profiles = new Map<string, LinuxSeccomp>()

/** One object for each set of capabilities, so that its compiled filter is found again. */
function profileFor(capabilities: readonly string[]): LinuxSeccomp {
  const key = [...capabilities].sort().join()
  const known = profiles.get(key)
  if (known) return known
  const profile = defaultSeccompProfile({ capabilities })
  profiles.set(key, profile)
  return profile
}

/** An ordinary user runs containers in a user namespace in which he is root. */
function rootlessMaps(): Pick<SpecOptions, 'userNamespace'> {
  const uid = process.geteuid?.() ?? 0
  if (uid === 0) return {}
  return {
    userNamespace: {
      uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: process.getegid?.() ?? 0, size: 1 }],
    },
  }
}

function userOf(user: string | number, root: string): User {
  if (typeof user === 'number') return { uid: user, gid: user }
  const [name = '', group, more] = user.split(':')
  if (more !== undefined || name === '' || group === '') {
    throw new TeuError('ERR_TEU_USAGE', `Cannot use the user "${user}": expected UID, UID:GID, NAME or NAME:GROUP`)
  }
  return userInRootfs(root, name, group)
}
