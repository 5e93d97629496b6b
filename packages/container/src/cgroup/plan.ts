/** The steps that give a container its cgroups, put it in, and clear them away. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import type { LinuxResources, Spec } from '@teu/spec'
import type { HostFacts } from '../host-facts.ts'
import { SLOT } from '../plan/slots.ts'
import { planDeviceRules } from './device-steps.ts'
import { memoryHierarchy, ownHierarchies, processHierarchy } from './guard.ts'
import type { CgroupHierarchy, CgroupLocation } from './locate.ts'
import { compileResources } from './resources/compile.ts'
import type { CgroupWrite, CompileOptions } from './resources/write.ts'

/** v2 controllers that every container gets where there are: without them nothing could be counted, nor limited later. */
const USUAL_CONTROLLERS: readonly string[] = ['cpu', 'cpuset', 'io', 'memory', 'pids']

/** v1 hierarchies in which systemd makes the directories of its units. */
const SYSTEMD_CONTROLLERS: readonly string[] = ['name=systemd', 'cpu', 'cpuacct', 'blkio', 'memory', 'devices', 'pids']

const O_DIRECTORY = 0o200000
const O_PATH = 0o10000000

export interface CgroupSetupOptions extends CompileOptions {
  readonly spec: Spec
  readonly location: CgroupLocation
  readonly host: Pick<HostFacts, 'rootless'>
}

/** Steps of the parent stage before the clone: make the cgroups, set the limits, attach the device rules. So everything holds before the
 *  first instruction of the container.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, ERR_TEU_UNSUPPORTED: a limit or device rule that this host cannot hold */
export function planCgroupSetup(options: CgroupSetupOptions): Step[] {
  const { spec, location, host } = options
  const writes = compileResources(spec.linux?.resources ?? {}, location, options)
  const steps: Step[] = []
  for (const hierarchy of ownHierarchies(location)) steps.push(...makeSteps(hierarchy, location, writes))
  steps.push(...writes.map(writeStep), ...planDeviceRules(spec, location, host))
  return steps
}

/** A compiled write as a step. */
function writeStep({ file, value, pointer }: CgroupWrite): Step {
  return { op: 'write_file', dir: NO_SLOT, path: file, data: new TextEncoder().encode(value), pointer }
}

function makeSteps(hierarchy: CgroupHierarchy, location: CgroupLocation, writes: readonly CgroupWrite[]): Step[] {
  const { version, root, path, controllers } = hierarchy
  if (location.manager === 'systemd') {
    // systemd has made its own directories together with the unit, and there may be a process in them that holds the unit open.
    if (version === 2) return location.layout === 'v2' ? [] : [{ op: 'mkdir_all', path, mode: 0o755 }]
    if (controllers.some((controller) => SYSTEMD_CONTROLLERS.includes(controller))) return [{ op: 'mkdir_all', path, mode: 0o755 }]
  }
  const enabled = version === 2 ? controllersToEnable(hierarchy, location, writes) : []
  return [
    {
      op: 'make_cgroup',
      root,
      path,
      controllers: enabled,
      copyCpuset: version === 1 && controllers.includes('cpuset'),
      unified: version === 2,
    },
  ]
}

function controllersToEnable({ path, controllers }: CgroupHierarchy, { layout }: CgroupLocation, writes: readonly CgroupWrite[]): string[] {
  const asked = writes.filter(({ file }) => file.startsWith(`${path}/`)).map(({ file }) => file.slice(path.length + 1).split('.')[0])
  return controllers.filter((controller) => asked.includes(controller) || (layout === 'v2' && USUAL_CONTROLLERS.includes(controller)))
}

/** How the container process gets into its cgroups. */
export interface CgroupJoin {
  /** Parent steps before the clone: opens the v2 directory. */
  readonly beforeClone: readonly Step[]
  /** For the `cgroup` field of the clone step; {@link NO_SLOT} on v1. The process then never runs outside of its cgroup. */
  readonly cloneSlot: number
  /** Parent steps right after the clone: v1 membership. The cgroup namespace must be made after them, because it begins at the cgroup in
   *  which the process is at that moment. */
  readonly afterClone: readonly Step[]
}

/** Plans the way in. The hybrid layout uses both ways: v2 by the clone, v1 by writes.
 *  @param slot  slot for the v2 directory
 *  @see clone(2) CLONE_INTO_CGROUP, cgroup_namespaces(7) */
export function planCgroupJoin(location: CgroupLocation, slot: number = SLOT.cloneCgroup): CgroupJoin {
  const hierarchies = ownHierarchies(location)
  const unified = hierarchies.find(({ version }) => version === 2)
  const writes = hierarchies
    .filter(({ version }) => version === 1)
    .map(({ path }): Step => ({ op: 'write_child_pid', path: `${path}/cgroup.procs` }))
  if (!unified) return { beforeClone: [], cloneSlot: NO_SLOT, afterClone: writes }
  return {
    beforeClone: [{ op: 'open', slot, path: unified.path, flags: O_PATH | O_DIRECTORY, mode: 0 }],
    cloneSlot: slot,
    // An open descriptor would keep a removed cgroup in the kernel's memory for as long as the monitor lives.
    afterClone: [{ op: 'close', slot }, ...writes],
  }
}

export interface CgroupAfterOptions {
  /** The container has a pid namespace of its own: with init everything in it is dead. */
  readonly privatePidNamespace?: boolean
  /** Limits of the container: the files that tell whether they were met are collected as well. */
  readonly resources?: LinuxResources | undefined
}

/** Steps of the `after` stage: collect the last numbers, kill what is left, remove the cgroups.
 *
 *  Collected names are those of the files: `memory.events`, `memory.max`, `memory.peak` (v2), `memory.oom_control`,
 *  `memory.limit_in_bytes`, `memory.max_usage_in_bytes` (v1); `pids.events` with a pids limit; `cpu.stat` with a CPU quota. */
export function planCgroupAfter(location: CgroupLocation, options: CgroupAfterOptions = {}): Step[] {
  const processes = processHierarchy(location)
  const kill: Step[] = processes && !options.privatePidNamespace ? [{ op: 'kill_cgroup', path: processes.path }] : []
  const remove = ownHierarchies(location).map(({ path }): Step => ({ op: 'remove_cgroup', path }))
  return [...planCollect(location, options.resources), ...kill, ...remove]
}

/** Steps of the `after` stage that collect the last numbers, see {@link planCgroupAfter}. */
export function planCollect(location: CgroupLocation, resources: LinuxResources = {}): Step[] {
  const steps: Step[] = []
  const collect = (hierarchy: CgroupHierarchy | undefined, ...names: string[]): void => {
    for (const name of hierarchy ? names : []) steps.push({ op: 'collect', name, path: `${hierarchy?.path}/${name}` })
  }
  const memory = memoryHierarchy(location)
  if (memory?.version === 2) collect(memory, 'memory.events', 'memory.max', 'memory.peak')
  else collect(memory, 'memory.oom_control', 'memory.limit_in_bytes', 'memory.max_usage_in_bytes')
  const offers = (controller: string): CgroupHierarchy | undefined =>
    location.hierarchies.find(({ controllers }) => controllers.includes(controller))
  if (resources.pids?.limit !== undefined) collect(offers('pids'), 'pids.events')
  if (resources.cpu?.quota !== undefined) collect(offers('cpu'), 'cpu.stat')
  return steps
}
