/** Which namespaces a container makes, joins and shares, and the steps that enter the joined ones. Pure. */

import type { Step } from '@teu/init'
import type { LinuxNamespace, LinuxNamespaceType, Spec } from '@teu/spec'
import type { HostFacts } from '../host-facts.ts'
import { configError } from './config-error.ts'
import {
  CAP_SYS_ADMIN,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  O_RDONLY,
} from './kernel-flags.ts'
import type { SlotAllocator } from './slots.ts'

/** The clone(2) flag of each type. */
export const CLONE_FLAGS: Readonly<Record<LinuxNamespaceType, number>> = {
  pid: CLONE_NEWPID,
  network: CLONE_NEWNET,
  mount: CLONE_NEWNS,
  ipc: CLONE_NEWIPC,
  uts: CLONE_NEWUTS,
  user: CLONE_NEWUSER,
  cgroup: CLONE_NEWCGROUP,
  time: CLONE_NEWTIME,
}

/** Names in /proc/PID/ns where they differ from the specification's. */
const PROC_NAMES: Readonly<Partial<Record<LinuxNamespaceType, string>>> = { network: 'net', mount: 'mnt' }

/** The container's namespaces. A type is `new`, `joined` (by path, and not the runtime's own) or `host` (shared with the runtime: not
 *  listed, or a path that leads to the runtime's own). */
export class Namespaces {
  readonly #kinds: ReadonlyMap<LinuxNamespaceType, { kind: 'new' | 'joined' | 'host'; path?: string; index: number; known: boolean }>

  /** @param links  what each namespace path leads to (`net:[4026531840]`), sampled by the caller; a path that is missing here counts as
   *  not private
   *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for a type that is listed twice, or without a mount namespace of its own */
  constructor(spec: Spec, host: Pick<HostFacts, 'ownNamespaces'>, links: Readonly<Record<string, string>> = {}) {
    const kinds = new Map<LinuxNamespaceType, { kind: 'new' | 'joined' | 'host'; path?: string; index: number; known: boolean }>()
    for (const [index, { type, path }] of (spec.linux?.namespaces ?? []).entries()) {
      if (kinds.has(type)) throw configError(`/linux/namespaces/${index}/type`, `"${type}" is listed twice`)
      if (path === undefined || path === '') kinds.set(type, { kind: 'new', index, known: true })
      else {
        const link = Object.hasOwn(links, path) ? links[path] : undefined
        const isHost = link !== undefined && link === host.ownNamespaces[PROC_NAMES[type] ?? type]
        if (isHost && type === 'user') {
          throw configError(
            `/linux/namespaces/${index}/path`,
            `${path} is the user namespace of the runtime itself, which cannot be joined`,
          )
        }
        kinds.set(type, { kind: isHost ? 'host' : 'joined', path, index, known: link !== undefined })
      }
    }
    this.#kinds = kinds
    const mount = kinds.get('mount')
    if (mount?.kind === 'joined') {
      throw configError(`/linux/namespaces/${mount.index}/path`, 'joining a mount namespace by path is not supported', {
        code: 'ERR_TEU_UNSUPPORTED',
        remedy: 'Leave the path out: the container then gets a mount namespace of its own',
      })
    }
    if (mount?.kind !== 'new') {
      throw configError('/linux/namespaces', 'a new mount namespace is needed, or the mounts of the container would appear on the host', {
        remedy: 'Add {"type": "mount"}',
      })
    }
  }

  isNew(type: LinuxNamespaceType): boolean {
    return this.#kinds.get(type)?.kind === 'new'
  }

  isJoined(type: LinuxNamespaceType): boolean {
    return this.#kinds.get(type)?.kind === 'joined'
  }

  /** Settings of this namespace cannot reach the host: it is new, or joined and known to be another one. */
  isPrivate(type: LinuxNamespaceType): boolean {
    const entry = this.#kinds.get(type)
    return entry?.kind === 'new' || (entry?.kind === 'joined' && entry.known)
  }

  /** The process is in another user namespace than the runtime. */
  get hasUser(): boolean {
    return this.isNew('user') || this.isJoined('user')
  }

  /** JSON pointer of the entry, or of the list when there is none. */
  pointer(type: LinuxNamespaceType): string {
    const entry = this.#kinds.get(type)
    return entry === undefined ? '/linux/namespaces' : `/linux/namespaces/${entry.index}`
  }

  /** Joined namespaces in the order of the config. */
  joined(): { type: LinuxNamespaceType; path: string }[] {
    const joined: { type: LinuxNamespaceType; path: string }[] = []
    for (const [type, { kind, path }] of this.#kinds) if (kind === 'joined' && path !== undefined) joined.push({ type, path })
    return joined
  }
}

/** Steps around the clone. */
export interface NamespaceSteps {
  /** Parent, before anything else: every path is looked up once. */
  readonly open: readonly Step[]
  /** Between parent and container. Empty: no process is needed there. */
  readonly joiner: readonly Step[]
  /** First steps of the container process. */
  readonly container: readonly Step[]
  readonly cloneFlags: number
  /** Slot of the joined user namespace. */
  readonly userSlot?: number
}

/** Plans how the namespaces are made and entered.
 *
 *  A pid namespace is entered by the children of whoever joins it, and a user namespace decides over the rights in all others; both
 *  therefore need the joiner. Whoever has rights over the other namespaces joins them first (they may belong to the host), whoever
 *  gets those rights only with the user namespace joins that one first. The cgroup namespace is made later, when the process is in its
 *  cgroup; the time namespace too when it has offsets.
 *  @see setns(2), user_namespaces(7) */
export function planNamespaces(
  spec: Spec,
  namespaces: Namespaces,
  host: Pick<HostFacts, 'capabilities'>,
  slots: SlotAllocator,
): NamespaceSteps {
  const cloneFlags = cloneFlagsOf(spec, namespaces)
  const joined = namespaces.joined()
  if (joined.length === 0) return { open: [], joiner: [], container: [], cloneFlags }
  const open: Step[] = []
  const entries = joined.map(({ type, path }) => {
    const pointer = namespaces.pointer(type)
    const slot = slots.take(pointer)
    open.push({ op: 'open', slot, path, flags: O_RDONLY, mode: 0, pointer: `${pointer}/path` })
    const join: Step = { op: 'setns', slot, flags: CLONE_FLAGS[type], pointer: `${pointer}/path` }
    const close: Step = { op: 'close', slot }
    return { type, slot, steps: [join, close] }
  })
  const stepsOf = (select: (type: LinuxNamespaceType) => boolean): Step[] =>
    entries.filter(({ type }) => select(type)).flatMap((e) => e.steps)
  const user = stepsOf((type) => type === 'user')
  const pid = stepsOf((type) => type === 'pid')
  const others = stepsOf((type) => type !== 'user' && type !== 'pid')
  const userSlot = entries.find(({ type }) => type === 'user')?.slot

  let joiner: Step[] = []
  let container: Step[] = []
  if (namespaces.hasUser) {
    const hasRights = (host.capabilities & (1n << BigInt(CAP_SYS_ADMIN))) !== 0n
    joiner = hasRights ? [...others, ...pid, ...user] : [...user, ...others, ...pid]
  } else if (pid.length > 0) {
    joiner = pid
    container = others
  } else container = others

  return { open, joiner, container, cloneFlags, ...(userSlot !== undefined && { userSlot }) }
}

function cloneFlagsOf(spec: Spec, namespaces: Namespaces): number {
  const later: readonly LinuxNamespaceType[] = hasTimeOffsets(spec) ? ['cgroup', 'time'] : ['cgroup']
  let flags = 0
  for (const type of Object.keys(CLONE_FLAGS) as LinuxNamespaceType[]) {
    if (namespaces.isNew(type) && !later.includes(type)) flags |= CLONE_FLAGS[type]
  }
  return flags
}

/** True when the config sets a clock of a time namespace. */
export function hasTimeOffsets(spec: Spec): boolean {
  return Object.keys(spec.linux?.timeOffsets ?? {}).length > 0
}

/** Flags of the namespaces that a running container has and the runtime does not share: what an exec has to join. */
export function execJoinFlags(namespaces: readonly LinuxNamespace[]): number {
  return namespaces.reduce((flags, { type }) => flags | CLONE_FLAGS[type], 0)
}
