/** Everything that a container needs, planned part by part; `create.ts` puts the parts in order. Pure. */

import type { Step } from '@teu/init'
import type { Process } from '@teu/spec'
import { type OrderedCgroupSteps, orderCgroupSteps } from './cgroup-order.ts'
import { configError } from './config-error.ts'
import { type ConsoleSteps, noConsole, planConsole } from './console.ts'
import type { CreatePlanInput } from './create-input.ts'
import { planDevices, planNullDevice } from './devices.ts'
import { hookSteps } from './hooks.ts'
import { openHostProc } from './host-proc.ts'
import { deniesSetgroups, MountIdMaps, planIdMaps, toHostId } from './id-maps.ts'
import { type IntelRdtSteps, planIntelRdt } from './intel-rdt.ts'
import { CLONE_NEWCGROUP } from './kernel-flags.ts'
import { planExtraFds, planReady, type ReadySteps } from './launch.ts'
import { type MountSteps, planMounts } from './mounts.ts'
import { Namespaces, type NamespaceSteps, planNamespaces } from './namespaces.ts'
import { planLoopback, planNetworkDevices } from './network.ts'
import { planNotify } from './notify.ts'
import { planEmptyDirectory, planHiddenPaths } from './proc-paths.ts'
import { planRlimits } from './process.ts'
import { initialPropagation, planRoot, type RootSteps } from './rootfs.ts'
import { checkMountLabel, planKeyLabel, planKeyring, planLabels, planSeccomp, type SeccompSteps } from './security.ts'
import { SLOT, SlotAllocator } from './slots.ts'
import { planStdio } from './stdio.ts'
import { SYNC } from './sync.ts'
import { planSysctls } from './sysctl.ts'
import { planTimeOffsets, type TimeSteps } from './time.ts'
import { planNames } from './uts.ts'

/** Steps of one concern in the two stages. */
export interface StagedSteps {
  readonly parent: readonly Step[]
  readonly container: readonly Step[]
}

/** The parts of a container's plan. */
export interface ContainerParts {
  readonly process: Process
  readonly namespaces: Namespaces
  readonly joined: NamespaceSteps
  readonly setgroupsDenied: boolean
  readonly idMaps: readonly Step[]
  readonly time: TimeSteps
  /** Container, before the mounts: names, kernel parameters, loopback. */
  readonly settings: readonly Step[]
  readonly networkDevices: readonly Step[]
  readonly keyring: readonly Step[]
  readonly labels: readonly Step[]
  /** Parent: procfs for labels and kernel parameters, when there are any. */
  readonly hostProc: readonly Step[]
  readonly root: RootSteps
  readonly mountIdMaps: readonly Step[]
  readonly mounts: MountSteps
  readonly devices: StagedSteps
  readonly notify: StagedSteps
  readonly hidden: StagedSteps
  readonly console: ConsoleSteps
  /** Parent steps of streams that are not a terminal. */
  readonly streams: readonly Step[]
  readonly extra: { readonly steps: readonly Step[]; readonly slots: readonly number[] }
  readonly ready: ReadySteps
  readonly rlimits: StagedSteps
  readonly seccomp: SeccompSteps
  readonly rdt: IntelRdtSteps
  readonly cgroup: OrderedCgroupSteps
  /** The container waits for the parent before it does anything; else with everything mounted. */
  readonly waitFirst: boolean
  /** The container waits for its v1 cgroups before that, and moves into them. */
  readonly waitsForCgroups: boolean
  /** prestart and createRuntime hooks, with the agreement that they need. */
  readonly runtimeHooks: StagedSteps
}

/** Plans all parts. Nothing here depends on the order in which they will run.
 *  @throws {TeuError} as `compileCreatePlan` */
export function planParts(input: CreatePlanInput): ContainerParts {
  const { spec, host, id } = input
  const { process, linux = {} } = spec
  if (process === undefined) throw configError('/process', 'a container needs a process')
  const slots = new SlotAllocator()
  const namespaces = new Namespaces(spec, host, input.namespaceLinks)
  checkMountLabel(linux.mountLabel, host)
  // An ordinary user has rights over mounts only inside the container's own namespaces.
  const openInParent = !host.rootless
  const propagation = initialPropagation(linux.rootfsPropagation)
  const inOtherUserNamespace = namespaces.hasUser || host.rootless

  const joined = planNamespaces(spec, namespaces, host, slots)
  const time = planTimeOffsets(spec, namespaces)
  const networkDevices = planNetworkDevices(spec, namespaces)
  const sysctls = planSysctls(spec, namespaces)
  const labels = planLabels(process, host)
  const keyLabel = input.noNewKeyring ? [] : planKeyLabel(process)

  // The container mounts while the parent makes and joins cgroups, unless it needs something that only the parent can give it.
  const waitFirst = inOtherUserNamespace || networkDevices.length > 0 || time.write.length > 0
  const cgroup = orderCgroupSteps(input.cgroup, { moveItself: !inOtherUserNamespace })
  const waitsForCgroups = !waitFirst && cgroup.container.length > 0
  const inCgroup: Step[] = [
    ...(waitsForCgroups ? [{ op: 'wait', n: SYNC.cgroups } as const] : []),
    ...cgroup.container,
    // Its root is the cgroup that the process is in at this moment.
    ...(namespaces.isNew('cgroup') ? [{ op: 'unshare', flags: CLONE_NEWCGROUP, pointer: namespaces.pointer('cgroup') } as const] : []),
  ]
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
  const notify = planNotify(input.notifySocketDir, slots, propagation)
  const devices = planDevices({ spec, slots, bindDevices: inOtherUserNamespace, openInParent, propagation })
  const { console, streams } = planStreams(input, process, namespaces, slots)
  const extra = planExtraFds(input.extraFds, slots)
  const seccomp = planSeccomp(input.seccomp, process.noNewPrivileges ?? false, {
    ociVersion: spec.ociVersion,
    id,
    status: 'creating',
    bundle: input.bundle,
    ...(spec.annotations && { annotations: spec.annotations }),
  })
  return {
    process,
    namespaces,
    joined,
    setgroupsDenied: input.setgroupsDenied === true || deniesSetgroups(spec, namespaces, host),
    idMaps: planIdMaps(spec, namespaces, host),
    time,
    settings: [...planNames(spec, namespaces), ...sysctls, ...planLoopback(namespaces)],
    networkDevices,
    keyring: input.noNewKeyring ? [] : [...keyLabel, planKeyring(id)],
    labels,
    hostProc: sysctls.length + labels.length + keyLabel.length > 0 ? [openHostProc(openInParent)] : [],
    root: planRoot(spec, {
      openInParent,
      noPivot: input.noPivot ?? false,
      ...(input.rootOverlay && { overlay: { scratch: input.stateDir, inUserNamespace: inOtherUserNamespace } }),
    }),
    mountIdMaps: idMaps.steps,
    mounts,
    devices,
    notify: openInParent
      ? { parent: notify.source, container: notify.attach }
      : { parent: [], container: [...notify.source, ...notify.attach] },
    hidden: planHidden(input, openInParent, propagation),
    console,
    streams,
    extra,
    ready: planReady(input, 'standard', seccomp.parent.length > 0),
    rlimits: planRlimits(process.rlimits, slots.taken),
    seccomp,
    rdt: planIntelRdt(spec, id),
    cgroup,
    waitFirst,
    waitsForCgroups,
    runtimeHooks: planRuntimeHooks(input),
  }
}

/** Masks and read-only paths, with what masks need. */
function planHidden({ spec }: CreatePlanInput, openInParent: boolean, propagation: number): StagedSteps {
  const hidden = planHiddenPaths(spec.linux ?? {})
  if (!hidden.some(({ op }) => op === 'mask')) return { parent: [], container: hidden }
  const nullDevice = planNullDevice({ openInParent, propagation })
  const container = [planEmptyDirectory(), ...hidden]
  return openInParent ? { parent: nullDevice, container } : { parent: [], container: [...nullDevice, ...container] }
}

/** Hooks of the host run while the container waits, with everything mounted. */
function planRuntimeHooks(input: CreatePlanInput): StagedSteps {
  const hooks = [...hookSteps('prestart', input), ...hookSteps('createRuntime', input)]
  if (hooks.length === 0) return { parent: [], container: [] }
  return {
    parent: [{ op: 'wait', n: SYNC.mounted }, ...hooks, { op: 'signal', n: SYNC.runtimeHooks }],
    container: [
      { op: 'signal', n: SYNC.mounted },
      { op: 'wait', n: SYNC.runtimeHooks },
    ],
  }
}

function planStreams(
  input: CreatePlanInput,
  process: Process,
  namespaces: Namespaces,
  slots: SlotAllocator,
): { console: ConsoleSteps; streams: readonly Step[] } {
  const { uid } = process.user
  if (process.terminal) {
    const { consoleSocket, terminal } = input
    return { console: planConsole({ size: process.consoleSize, uid, consoleSocket, terminal, root: SLOT.root }), streams: [] }
  }
  const hostUid = namespaces.isNew('user') && !input.host.rootless ? toHostId(input.spec.linux?.uidMappings ?? [], uid) : undefined
  const { parent, container } = planStdio(input.stdio, slots, { uid, hostUid, inUserNamespace: namespaces.hasUser })
  return { console: noConsole(container), streams: parent }
}
