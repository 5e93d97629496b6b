/** The plan of a container: from config.json and facts about the host to every step of its start. Pure. */

import type { Plan, Step } from '@teu/init'
import type { Process } from '@teu/spec'
import { type ContainerParts, planParts } from './container-parts.ts'
import { containerPath } from './container-path.ts'
import type { CreatePlanInput } from './create-input.ts'
import { planGate } from './gate.ts'
import { hookSteps } from './hooks.ts'
import { planLaunch, superviseStep } from './launch.ts'
import { NOTIFY_SOCKET } from './notify.ts'
import { planAttributes, planOomScore } from './process.ts'
import { SLOT } from './slots.ts'
import { SYNC } from './sync.ts'

export type { TerminalPlan } from './console.ts'
export type { CreateMode, CreatePlanInput } from './create-input.ts'
export type { SeccompInput } from './security.ts'
export type { StdioPlan, StdioPlans } from './stdio.ts'

/** Turns a validated config into the ordered steps that make the container.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_UNSUPPORTED, ERR_TEU_ROOTLESS with the JSON pointer of the value; ERR_TEU_USAGE for
 *  options that contradict the config
 *  @see runtime-spec runtime.md "Lifecycle", config-linux.md */
export function compileCreatePlan(input: CreatePlanInput): Plan {
  const parts = planParts(input)
  return {
    parent: parentStage(input, parts),
    joiner: parts.joined.joiner,
    container: containerStage(input, parts),
    after: afterStage(input, parts),
  }
}

/** What can be found out early comes first, while nothing has changed yet; the container process is made as late as possible, and gets what
 *  only the parent can give it. */
function parentStage(input: CreatePlanInput, parts: ContainerParts): Step[] {
  return [
    ...parts.console.parent,
    ...parts.ready.early,
    ...parts.seccomp.parent,
    ...parts.extra.steps,
    ...parts.streams,
    ...parts.joined.open,
    ...parts.hostProc,
    ...parts.hidden.parent,
    ...parts.root.openEarly,
    ...parts.mountIdMaps,
    ...parts.mounts.parent,
    ...parts.devices.parent,
    ...parts.notify.parent,
    ...parts.rdt.setup,
    ...parts.cgroup.beforeClone,
    ...planGate(input),
    ...dumpable(input, true),
    { op: 'clone', flags: parts.joined.cloneFlags, cgroup: input.cgroup.cloneSlot, pointer: '/linux/namespaces' },
    ...dumpable(input, false),
    ...parts.idMaps,
    ...parts.time.write,
    { op: 'record_init', path: `${input.stateDir}/init` },
    ...parts.cgroup.make,
    ...(parts.waitsForCgroups ? [{ op: 'signal', n: SYNC.cgroups } as const] : []),
    ...parts.cgroup.afterClone,
    ...parts.rdt.join,
    ...parts.rlimits.parent,
    ...planOomScore(parts.process),
    ...parts.networkDevices,
    { op: 'signal', n: SYNC.prepared },
    ...parts.runtimeHooks.parent,
    ...parts.ready.late,
    input.mode === 'create' ? { op: 'detach' } : superviseStep(input, parts.console.relay),
  ]
}

/** Namespaces, then settings that are written while no mount of the container exists, then the root, from the outside in; hooks before the
 *  change of root, hiding after the last of them; then the process itself. */
function containerStage(input: CreatePlanInput, parts: ContainerParts): Step[] {
  const { process, time } = parts
  return [
    ...parts.joined.container,
    ...time.make,
    ...(parts.waitFirst ? [{ op: 'wait', n: SYNC.prepared } as const] : []),
    ...dumpable(input, false),
    ...time.enter,
    ...becomeRoot(parts),
    ...parts.root.isolate,
    ...parts.keyring,
    ...parts.settings,
    ...parts.root.open,
    ...parts.root.attach,
    ...parts.mounts.container,
    ...parts.notify.container,
    ...parts.devices.container,
    ...parts.console.open,
    ...parts.mounts.late,
    ...workingDirectory(process),
    ...(parts.waitFirst ? [] : [{ op: 'wait', n: SYNC.prepared } as const]),
    ...parts.runtimeHooks.container,
    ...hookSteps('createContainer', input),
    ...parts.hidden.container,
    ...parts.root.finish,
    ...parts.labels,
    ...planLaunch({
      process,
      lastCapability: input.host.lastCapability,
      setgroupsDenied: parts.setgroupsDenied,
      console: parts.console,
      attributes: planAttributes(process, input.spec.linux),
      rlimits: parts.rlimits.container,
      seccomp: parts.seccomp,
      additions: {
        ...(input.notifySocketDir !== undefined && { notifySocket: NOTIFY_SOCKET }),
        ...(input.listenFds && { listenFds: input.listenFds }),
      },
      extraSlots: parts.extra.slots,
      announceReady: parts.ready.late.length > 0,
      gate: input.mode !== 'run',
      hooks: hookSteps('startContainer', input),
    }),
  ]
}

/** The exit status is on disk before anything of the container is removed. */
function afterStage({ mode, recordExit = mode === 'create-supervised', stateDir, cgroup }: CreatePlanInput, parts: ContainerParts): Step[] {
  if (mode === 'create') return []
  const record: Step[] = recordExit ? [{ op: 'record_exit', path: `${stateDir}/exit` }] : []
  return [...record, ...cgroup.after, ...parts.rdt.after]
}

/** The /proc files of a process that is not dumpable belong to root, so the parent stage of an ordinary user could not write maps and
 *  offsets. The process is born dumpable, and is so until the parent has written: nothing of the container exists yet that could look. */
function dumpable({ host }: CreatePlanInput, on: boolean): Step[] {
  return host.rootless && host.euid !== 0 ? [{ op: 'dumpable', on }] : []
}

/** Files and mounts of the set-up belong to the root of the user namespace. */
function becomeRoot({ namespaces, setgroupsDenied }: ContainerParts): Step[] {
  return namespaces.hasUser
    ? [{ op: 'user', uid: 0, gid: 0, groups: [], setGroups: !setgroupsDenied, pointer: namespaces.pointer('user') }]
    : []
}

/** Made inside the root, before that becomes read-only; the process enters it later with its own rights. */
function workingDirectory({ cwd }: Process): Step[] {
  const path = containerPath(cwd)
  return path === '/' ? [] : [{ op: 'mkdir_in_root', root: SLOT.root, path, mode: 0o755, pointer: '/process/cwd' }]
}
