/** Confinement of the process: labels, no_new_privs, seccomp, capabilities, user. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { capabilityMasks, type ContainerState, type Process } from '@teu/spec'
import type { HostFacts } from '../host-facts.ts'
import { configError } from './config-error.ts'
import { SLOT } from './slots.ts'

/** A compiled system call filter. */
export interface SeccompInput {
  /** Array of struct sock_filter. */
  readonly program: Uint8Array
  /** SECCOMP_FILTER_FLAG_*. */
  readonly flags: number
  /** Unix socket that gets the notification descriptor. */
  readonly listenerPath?: string | undefined
  readonly listenerMetadata?: string | undefined
}

/** SELinux and AppArmor labels that take effect at the next execve.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when a label is asked for that this host cannot give: never an unconfined start
 *  @see runtime-spec config.md "Linux Process" */
export function planLabels(
  process: Pick<Process, 'apparmorProfile' | 'selinuxLabel'>,
  host: Pick<HostFacts, 'apparmor' | 'selinux'>,
): Step[] {
  const steps: Step[] = []
  const { apparmorProfile: profile, selinuxLabel: label } = process
  if (label) {
    requireModule('SELinux', host.selinux, '/process/selinuxLabel')
    steps.push({ op: 'lsm_label', proc: SLOT.hostProc, file: 'exec', label, pointer: '/process/selinuxLabel' })
  }
  if (profile && (host.apparmor || profile !== 'unconfined')) {
    requireModule('AppArmor', host.apparmor, '/process/apparmorProfile')
    steps.push({
      op: 'lsm_label',
      proc: SLOT.hostProc,
      file: 'apparmor/exec',
      label: `exec ${profile}`,
      pointer: '/process/apparmorProfile',
    })
  }
  return steps
}

/** A session keyring named after the container, so that an exec finds and joins it. Without a label it would keep the runtime's.
 *  @see keyctl_join_session_keyring(3) */
export function planKeyring(id: string): Step {
  return { op: 'session_keyring', name: `_ses.${id}` }
}

/** Label of the keyring, written before it is made. */
export function planKeyLabel({ selinuxLabel: label }: Pick<Process, 'selinuxLabel'>): Step[] {
  return label ? [{ op: 'lsm_label', proc: SLOT.hostProc, file: 'keycreate', label, pointer: '/process/selinuxLabel' }] : []
}

/** @throws {TeuError} ERR_TEU_UNSUPPORTED when there is a mount label and no SELinux */
export function checkMountLabel(mountLabel: string | undefined, host: Pick<HostFacts, 'selinux'>): void {
  if (mountLabel) requireModule('SELinux', host.selinux, '/linux/mountLabel')
}

function requireModule(name: 'SELinux' | 'AppArmor', present: boolean, pointer: string): void {
  if (present) return
  throw configError(pointer, `${name} is not enabled on this host, so this label cannot be applied`, {
    code: 'ERR_TEU_UNSUPPORTED',
    remedy: 'Remove the label, or enable the security module',
  })
}

/** Seccomp filter with its three possible places. */
export interface SeccompSteps {
  /** Parent, early: the listener is there before anything changes. */
  readonly parent: readonly Step[]
  /** Container: without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before capabilities are dropped. */
  readonly privileged: readonly Step[]
  /** Container, before the gate: a filter with a listener needs the parent, which may not be there after the gate. */
  readonly beforeGate: readonly Step[]
  /** Container, right before execve, so that as little as possible runs under it. */
  readonly last: readonly Step[]
}

/** Plans the filter.
 *  @param state  for the listener: the container's state, `pid` left out while it is that of the process itself */
export function planSeccomp(seccomp: SeccompInput | undefined, noNewPrivileges: boolean, state: ContainerState): SeccompSteps {
  const none: SeccompSteps = { parent: [], privileged: [], beforeGate: [], last: [] }
  if (seccomp === undefined) return none
  const pointer = '/linux/seccomp'
  const { program, flags, listenerPath, listenerMetadata } = seccomp
  const hasListener = listenerPath !== undefined && listenerPath !== ''
  const filter: Step[] = [{ op: 'seccomp', flags, program, listener: hasListener ? SLOT.seccompListener : NO_SLOT, pointer }]
  if (!hasListener) return noNewPrivileges ? { ...none, last: filter } : { ...none, privileged: filter }
  const at = `${pointer}/listenerPath`
  // The parent does the sending: neither the socket nor the descriptor stays in the container process.
  const steps: Step[] = [
    ...filter,
    {
      op: 'seccomp_notify',
      socket: SLOT.seccompSocket,
      listener: SLOT.seccompListener,
      ...processState(state, listenerMetadata),
      pointer: at,
    },
  ]
  const parent: Step[] = [{ op: 'connect', slot: SLOT.seccompSocket, path: listenerPath, type: 1, pointer: at }]
  return noNewPrivileges ? { ...none, parent, beforeGate: steps } : { ...none, parent, privileged: steps }
}

/** ContainerProcessState in three parts, between which the pid of the process goes.
 *  @see runtime-spec config-linux.md "The Container Process State" */
function processState(state: ContainerState, metadata: string | undefined): { head: Uint8Array; middle: Uint8Array; tail: Uint8Array } {
  const { pid, ...rest } = state
  const inner = JSON.stringify(rest).slice(0, -1)
  const outer = JSON.stringify({ ociVersion: state.ociVersion, fds: ['seccompFd'], ...(metadata && { metadata }) }).slice(0, -1)
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  // The step puts the process's own pid in twice; beside a state with a pid of its own, the outer one is simply repeated.
  const middle = pid === undefined ? `,"state":${inner},"pid":` : `,"state":${inner},"pid":${pid}},"pid":`
  return { head: encode(`${outer},"pid":`), middle: encode(middle), tail: encode(pid === undefined ? '}}' : '}') }
}

/** Bounding set, ids and capability sets, in the only order that works: each of them needs capabilities that the next one takes away.
 *  @param lastCapability  highest number that the kernel knows
 *  @see capabilities(7) */
export function planCredentials(process: Pick<Process, 'user' | 'capabilities'>, lastCapability: number, setGroups: boolean): Step[] {
  const { uid, gid, additionalGids = [] } = process.user
  const masks = capabilityMasks(process.capabilities ?? {}, (1n << BigInt(lastCapability + 1)) - 1n)
  const pointer = '/process/capabilities'
  return [
    { op: 'bounding_caps', keep: masks.bounding, pointer },
    { op: 'user', uid, gid, groups: additionalGids, setGroups, pointer: '/process/user' },
    {
      op: 'capabilities',
      effective: masks.effective,
      permitted: masks.permitted,
      inheritable: masks.inheritable,
      ambient: masks.ambient,
      pointer,
    },
  ]
}
