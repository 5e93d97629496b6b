/** The plan of a container: from config.json and facts about the host to every step of its start. Pure. */

import { NO_SLOT, type Plan, type Step } from '@teu/init'
import { type Process, type Spec } from '@teu/spec'
import { configError } from './config-error.ts'
import { type ConsoleSteps, noConsole, planConsole } from './console.ts'
import { containerPath, isBelow } from './container-path.ts'
import { planDevices, planNullDevice } from './devices.ts'
import { hookSteps } from './hooks.ts'
import { deniesSetgroups, MountIdMaps, planIdMaps, toHostId } from './id-maps.ts'
import type { CgroupJoinInput, ProgramInput } from './input.ts'
import { planIntelRdt } from './intel-rdt.ts'
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  CLONE_NEWCGROUP,
  O_PATH,
  O_RDWR,
} from './kernel-flags.ts'
import { planExtraFds, planIdentity, planLaunch, superviseStep } from './launch.ts'
import { planInjectedDirectory, planMounts } from './mounts.ts'
import { Namespaces, planNamespaces } from './namespaces.ts'
import { planLoopback, planNetworkDevices } from './network.ts'
import { planHiddenPaths } from './proc-paths.ts'
import { planAttributes, planRlimits } from './process.ts'
import { initialPropagation, planRoot } from './rootfs.ts'
import { checkMountLabel, planKeyLabel, planLabels, planSeccomp } from './security.ts'
import { SLOT, SlotAllocator } from './slots.ts'
import { planStdio } from './stdio.ts'
import { SYNC } from './sync.ts'
import { planSysctls } from './sysctl.ts'
import { planTimeOffsets } from './time.ts'

export type { TerminalPlan } from './console.ts'
export type { SeccompInput } from './security.ts'
export type { StdioPlan, StdioPlans } from './stdio.ts'

/** `create`: init waits at the gate, teu-init exits. `create-supervised`: init waits at the gate, teu-init stays. `run`: no gate, teu-init
 *  stays. In all three the hooks up to startContainer are part of the plan; `poststart` is not, because only the caller learns when the
 *  program has been executed (STARTED): it runs {@link hookSteps} then. */
export type CreateMode = 'create' | 'create-supervised' | 'run'

export interface CreatePlanInput extends ProgramInput {
  /** Validated, with `root.path` absolute. */
  readonly spec: Spec
  readonly mode: CreateMode
  /** Absolute directory of the container's state: `init`, `exit`, `gate` and `gate-status` are made there. */
  readonly stateDir: string
  readonly cgroup: CgroupJoinInput & {
    readonly setup: readonly Step[]
    readonly after: readonly Step[]
    /** The container's directory in each hierarchy, v1 by controller, v2 under ''. Without an entry a mount of type `cgroup` shows the
     *  caller's own cgroup, read-only. */
    readonly paths?: Readonly<Record<string, string>>
  }
  /** Path of a joined namespace → its link text (`net:[4026531840]`), to tell those of the host. */
  readonly namespaceLinks?: Readonly<Record<string, string>>
  readonly noPivot?: boolean
  /** The root is an overlay in memory over `root.path`, which stays as it is. */
  readonly rootOverlay?: boolean
  /** Host directory, bound read-only at /run/notify, in which the sd_notify socket `notify.sock` is. */
  readonly notifySocketDir?: string
  /** Write the exit status to `exit` in `stateDir`. Default: in `create-supervised` only. */
  readonly recordExit?: boolean
}

const NOTIFY_DIRECTORY = '/run/notify'
/** Nothing fits into the tmpfs behind masked directories: no byte, and no inode beside its root. */
const EMPTY_DIRECTORY_OPTIONS: readonly string[] = ['ro', 'size=4096', 'nr_inodes=1', 'mode=0555']
const STRICT: number = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC

/** Turns a validated config into the ordered steps that make the container.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_UNSUPPORTED, ERR_TEU_ROOTLESS with the JSON pointer of the value; ERR_TEU_USAGE for
 *  options that contradict the config
 *  @see runtime-spec runtime.md "Lifecycle", config-linux.md */
export function compileCreatePlan(input: CreatePlanInput): Plan {
  const { spec, host, mode } = input
  const { process, linux = {} } = spec
  if (process === undefined) throw configError('/process', 'a container needs a process')
  const slots = new SlotAllocator()
  const namespaces = new Namespaces(spec, host, input.namespaceLinks)
  checkNames(spec, namespaces)
  checkMountLabel(linux.mountLabel, host)

  // An ordinary user has rights over mounts only inside the container's own namespaces.
  const openInParent = !host.rootless
  const propagation = initialPropagation(linux.rootfsPropagation)
  const setgroupsDenied = input.setgroupsDenied === true || deniesSetgroups(spec, namespaces, host)
  const joined = planNamespaces(spec, namespaces, host, slots)
  const mapIds = planIdMaps(spec, namespaces, host)
  const time = planTimeOffsets(spec, namespaces)
  const sysctls = planSysctls(spec, namespaces)
  const networkDevices = planNetworkDevices(spec, namespaces)
  const root = planRoot(spec, {
    openInParent,
    noPivot: input.noPivot ?? false,
    ...(input.rootOverlay && { overlay: { scratch: input.stateDir, inUserNamespace: namespaces.hasUser || host.rootless } }),
  })
  const labels = planLabels(process, host)
  const keyring = input.noNewKeyring ? [] : [...planKeyLabel(process), sessionKeyring(input.id)]
  const rdt = planIntelRdt(spec, input.id)
  const seccomp = planSeccomp(input.seccomp, process.noNewPrivileges ?? false, {
    ociVersion: spec.ociVersion,
    id: input.id,
    status: 'creating',
    bundle: input.bundle,
    ...(spec.annotations && { annotations: spec.annotations }),
  })

  // The container mounts while the parent makes and joins cgroups, unless it needs something that only the parent can give it.
  const waitFirst = namespaces.isNew('user') || host.rootless || networkDevices.length > 0 || time.write.length > 0
  const prepared: Step[] = [{ op: 'wait', n: SYNC.prepared }]
  const ownCgroupNamespace: Step[] = namespaces.isNew('cgroup')
    ? // Its root is the cgroup that the process is in at this moment.
      [{ op: 'unshare', flags: CLONE_NEWCGROUP, pointer: namespaces.pointer('cgroup') }]
    : []
  const inCgroup = [...(waitFirst ? [] : prepared), ...ownCgroupNamespace]

  const idMaps = new MountIdMaps(slots)
  const mounts = planMounts(spec.mounts ?? [], {
    spec,
    bundle: input.bundle,
    host,
    namespaces,
    slots,
    idMaps,
    openInParent,
    defaultPropagation: openInParent ? propagation : 0,
    cgroupPaths: input.cgroup.paths ?? {},
    beforeCgroup: inCgroup,
    ...(joined.userSlot !== undefined && { userSlot: joined.userSlot }),
  })
  const devices = planDevices({ spec, slots, bindDevices: namespaces.hasUser || host.rootless, openInParent, propagation })
  const notify = planNotify(input.notifySocketDir, slots)
  const hidden = planHiddenPaths(linux)
  const masks = hidden.some(({ op }) => op === 'mask')
  const nullDevice = masks ? planNullDevice({ openInParent, propagation }) : []
  const streams = planStreams(input, process, namespaces, slots)
  const extra = planExtraFds(input.extraFds, slots)
  const identity = planIdentity(input, 'standard')
  const rlimits = planRlimits(process.rlimits, slots.taken)
  const needsProc = sysctls.length > 0 || labels.length > 0 || keyring.some(({ op }) => op === 'lsm_label')
  const gate = mode !== 'run'

  const runtimeHooks = [...hookSteps('prestart', input), ...hookSteps('createRuntime', input)]
  const hookSync: { container: Step[]; parent: Step[] } =
    runtimeHooks.length === 0
      ? { container: [], parent: [] }
      : {
          container: [
            { op: 'signal', n: SYNC.mounted },
            { op: 'wait', n: SYNC.runtimeHooks },
          ],
          parent: [{ op: 'wait', n: SYNC.mounted }, ...runtimeHooks, { op: 'signal', n: SYNC.runtimeHooks }],
        }

  const cgroup = orderCgroupSteps(input.cgroup)
  const inOwnStage = (steps: readonly Step[]): readonly Step[] => (openInParent ? [] : steps)
  const inParent = (steps: readonly Step[]): readonly Step[] => (openInParent ? steps : [])

  const parent: Step[] = [
    ...streams.console.parent,
    ...identity.early,
    ...seccomp.parent,
    ...extra.steps,
    ...streams.parent,
    ...joined.open,
    ...(needsProc ? [openHostProc(openInParent)] : []),
    ...inParent(nullDevice),
    ...root.openEarly,
    ...idMaps.steps,
    ...mounts.parent,
    ...devices.parent,
    ...inParent(notify.source),
    ...rdt.setup,
    ...cgroup.beforeClone,
    ...(gate ? gateFifos(input) : []),
    { op: 'clone', flags: joined.cloneFlags, cgroup: input.cgroup.cloneSlot, pointer: '/linux/namespaces' },
    ...mapIds,
    ...time.write,
    { op: 'record_init', path: `${input.stateDir}/init` },
    ...cgroup.afterClone,
    ...rdt.join,
    ...rlimits.parent,
    ...oomScore(process),
    ...networkDevices,
    { op: 'signal', n: SYNC.prepared },
    ...hookSync.parent,
    ...identity.late,
    mode === 'create' ? { op: 'detach' } : superviseStep(input, streams.console.relay),
  ]

  const container: Step[] = [
    ...joined.container,
    ...(host.rootless && time.make.length > 0 ? [{ op: 'dumpable', on: true } as const] : []),
    ...time.make,
    ...(waitFirst ? prepared : []),
    ...(host.rootless && time.make.length > 0 ? [{ op: 'dumpable', on: false } as const] : []),
    ...time.enter,
    ...(namespaces.hasUser ? [becomeRoot(!setgroupsDenied)] : []),
    ...root.isolate,
    ...keyring,
    ...names(spec),
    ...sysctls,
    ...planLoopback(namespaces),
    ...inOwnStage(nullDevice),
    ...root.open,
    ...root.attach,
    ...mounts.container,
    ...inOwnStage(notify.source),
    ...notify.attach,
    ...devices.container,
    ...streams.console.open,
    ...workingDirectory(process),
    ...(mounts.hasCgroup ? [] : inCgroup),
    ...hookSync.container,
    ...hookSteps('createContainer', input),
    ...(masks ? [emptyDirectory()] : []),
    ...hidden,
    ...root.finish,
    ...labels,
    ...planLaunch({
      process,
      lastCapability: host.lastCapability,
      setgroupsDenied,
      console: streams.console,
      attributes: planAttributes(process, linux),
      rlimits: rlimits.container,
      seccomp,
      additions: {
        ...(input.notifySocketDir !== undefined && { notifySocket: `${NOTIFY_DIRECTORY}/notify.sock` }),
        ...(input.listenFds && { listenFds: input.listenFds }),
      },
      extraSlots: extra.slots,
      announceReady: identity.late.length > 0,
      outliveParent: mode !== 'run',
      gate,
      hooks: hookSteps('startContainer', input),
    }),
  ]

  const recordExit = input.recordExit ?? mode === 'create-supervised'
  const after: Step[] =
    mode === 'create'
      ? []
      : [...(recordExit ? [{ op: 'record_exit', path: `${input.stateDir}/exit` } as const] : []), ...input.cgroup.after, ...rdt.after]
  return { parent, joiner: joined.joiner, container, after }
}

/** Where the cgroup steps go. The v2 cgroup exists before the process, which is born in it; v1 cgroups are made while the process mounts,
 *  and it moves there. Everything holds before `prepared` lets it go on. */
function orderCgroupSteps(cgroup: CreatePlanInput['cgroup']): { beforeClone: readonly Step[]; afterClone: readonly Step[] } {
  const { setup, beforeClone, afterClone } = cgroup
  const opened = beforeClone.find((step) => step.op === 'open')
  const unified = opened?.op === 'open' ? opened.path : undefined
  const isUnified = (step: Step): boolean => unified !== undefined && 'path' in step && isBelow(step.path, unified)
  // A step of another kind may depend on the order, so nothing is moved then.
  const first = setup.every((step) => isUnified(step) || step.op === 'make_cgroup' || step.op === 'write_file' || step.op === 'mkdir_all')
    ? setup.filter(isUnified)
    : setup
  return { beforeClone: [...first, ...beforeClone], afterClone: [...setup.filter((step) => !first.includes(step)), ...afterClone] }
}

function planStreams(
  input: CreatePlanInput,
  process: Process,
  namespaces: Namespaces,
  slots: SlotAllocator,
): { console: ConsoleSteps; parent: readonly Step[] } {
  const { uid } = process.user
  if (process.terminal) {
    const { consoleSocket, terminal } = input
    return { console: planConsole({ size: process.consoleSize, uid, consoleSocket, terminal, root: SLOT.root }), parent: [] }
  }
  const hostUid = namespaces.isNew('user') && !input.host.rootless ? toHostId(input.spec.linux?.uidMappings ?? [], uid) : undefined
  const streams = planStdio(input.stdio, slots, { uid, hostUid, inUserNamespace: namespaces.hasUser })
  return { console: noConsole(streams.container), parent: streams.parent }
}

function planNotify(directory: string | undefined, slots: SlotAllocator): { source: readonly Step[]; attach: readonly Step[] } {
  if (directory === undefined) return { source: [], attach: [] }
  return planInjectedDirectory(directory, NOTIFY_DIRECTORY, STRICT | MOUNT_ATTR_RDONLY, slots.take())
}

/** Host and domain name belong to a uts namespace: without one of its own the container would rename the host. */
function checkNames(spec: Spec, namespaces: Namespaces): void {
  for (const key of ['hostname', 'domainname'] as const) {
    if (!spec[key] || namespaces.isPrivate('uts')) continue
    throw configError(`/${key}`, `a ${key} needs a uts namespace of the container, or it would change the host's`, {
      remedy: 'Add {"type": "uts"} to linux.namespaces, or leave it out',
    })
  }
}

function names({ hostname, domainname }: Spec): Step[] {
  return [
    ...(hostname ? [{ op: 'hostname', name: hostname, pointer: '/hostname' } as const] : []),
    ...(domainname ? [{ op: 'domainname', name: domainname, pointer: '/domainname' } as const] : []),
  ]
}

/** Files and mounts of the set-up belong to the root of the user namespace. */
function becomeRoot(setGroups: boolean): Step {
  return { op: 'user', uid: 0, gid: 0, groups: [], setGroups, pointer: '/linux/uidMappings' }
}

/** A private mount of procfs, without what may be mounted over parts of it. An ordinary user cannot clone it and opens the host's. */
export function openHostProc(clone: boolean): Step {
  return clone
    ? { op: 'open_tree', slot: SLOT.hostProc, root: NO_SLOT, path: '/proc', recursive: false, noSymlinks: true }
    : { op: 'open', slot: SLOT.hostProc, path: '/proc/', flags: O_PATH, mode: 0 }
}

/** The keyring has the container's name: an exec finds and joins it. */
export function sessionKeyring(id: string): Step {
  return { op: 'session_keyring', name: `_ses.${id}` }
}

/** Parent step for the score that the out-of-memory killer goes by. */
export function oomScore({ oomScoreAdj }: Pick<Process, 'oomScoreAdj'>): Step[] {
  if (oomScoreAdj === undefined) return []
  return [
    { op: 'write_child', file: 'oom_score_adj', data: new TextEncoder().encode(String(oomScoreAdj)), pointer: '/process/oomScoreAdj' },
  ]
}

/** Made inside the root, before that becomes read-only; the process enters it later with its own rights. */
function workingDirectory({ cwd }: Process): Step[] {
  const path = containerPath(cwd)
  return path === '/' ? [] : [{ op: 'mkdir_in_root', root: SLOT.root, path, mode: 0o755, pointer: '/process/cwd' }]
}

function emptyDirectory(): Step {
  return {
    op: 'new_mount',
    slot: SLOT.emptyDirectory,
    type: 'tmpfs',
    source: 'tmpfs',
    options: EMPTY_DIRECTORY_OPTIONS,
    attrs: STRICT | MOUNT_ATTR_RDONLY,
    pointer: '/linux/maskedPaths',
  }
}

/** The gate is opened both ways, so that waiting at it never ends because somebody else went away. */
function gateFifos({ stateDir, host }: CreatePlanInput): Step[] {
  return (
    [
      [SLOT.gateStatus, 'gate-status'],
      [SLOT.gate, 'gate'],
    ] as const
  ).flatMap(([slot, name]): Step[] => [
    { op: 'mkfifo', path: `${stateDir}/${name}`, mode: 0o600, uid: host.euid, gid: host.egid },
    { op: 'open', slot, path: `${stateDir}/${name}`, flags: O_RDWR, mode: 0 },
  ])
}
