/** From `linux.resources` to the writes that set them. Pure. */

import type { LinuxBlockIO, LinuxCPU, LinuxMemory, LinuxNetwork, LinuxResources } from '@teu/spec'
import { type CgroupHierarchy, type CgroupLocation, hierarchyOf } from '../locate.ts'
import { compileCpuset } from './cpuset.ts'
import { compileHugetlb } from './hugetlb.ts'
import { mergeResources, type ResourcesPatch, withoutUnset } from './merge.ts'
import { compilePids } from './pids.ts'
import { compileRdma } from './rdma.ts'
import { compileBlkio } from './v1/blkio.ts'
import { compileCpuV1 } from './v1/cpu.ts'
import { compileMemoryV1 } from './v1/memory.ts'
import { compileNetCls, compileNetPrio } from './v1/network.ts'
import { compileCpuV2 } from './v2/cpu.ts'
import { compileIo } from './v2/io.ts'
import { compileMemoryV2 } from './v2/memory.ts'
import { compileUnified } from './v2/unified.ts'
import { type CgroupWrite, type CompileOptions, type GroupTarget, type ResourceGroup, resourceGroup } from './write.ts'

/** Compiles the resources of a new container. What equals the state of a new cgroup is left out; `devices` are not resources of this kind.
 *  @returns  writes in the order in which the kernel accepts them
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for values that are wrong anywhere, ERR_TEU_UNSUPPORTED for those that this host cannot hold
 *  @see runtime-spec config-linux.md "Control groups" */
export function compileResources(resources: LinuxResources, location: CgroupLocation, options: CompileOptions = {}): CgroupWrite[] {
  if (!asksForLimits(resources)) return []
  const value = withoutUnset(resources)
  return compile({ value, old: {}, patch: value, fresh: true }, location, options)
}

/** Compiles a live update: exactly what the patch names is written, with the kernel's default for what it clears.
 *  @returns  the writes, for {@link applyUpdate}, and the resources that hold when they are done */
export function compileUpdate(
  old: LinuxResources,
  patch: ResourcesPatch,
  location: CgroupLocation,
  options: CompileOptions = {},
): { writes: CgroupWrite[]; resources: LinuxResources } {
  const resources = mergeResources(old, patch)
  const writes = compile({ value: withoutUnset(resources), old, patch: withoutUnset(patch), fresh: false }, location, options)
  return { writes, resources }
}

/** Many containers bring device rules and nothing else. */
function asksForLimits(resources: LinuxResources): boolean {
  for (const name of Object.keys(resources)) if (name !== 'devices') return true
  return false
}

interface Change {
  readonly value: LinuxResources
  readonly old: LinuxResources
  readonly patch: ResourcesPatch
  readonly fresh: boolean
}

function compile(change: Change, location: CgroupLocation, options: CompileOptions): CgroupWrite[] {
  const writes: CgroupWrite[] = []
  const base = options.pointer ?? '/linux/resources'
  const run = <T extends object>(
    name: keyof LinuxResources & string,
    target: GroupTarget,
    compileGroup: (group: ResourceGroup<T>) => void,
  ): void => {
    if (!Object.hasOwn(change.patch, name)) return
    const old = (change.old[name] ?? {}) as T
    // A group that is cleared clears each member that it had.
    const patch = (change.patch[name] ?? old) as object
    const value = (change.value[name] ?? (Array.isArray(old) ? [] : {})) as T
    compileGroup(resourceGroup<T>({ value, old, patch, fresh: change.fresh }, target, `${base}/${name}`, writes, options))
  }
  const at = (controller: string, ...others: string[]): GroupTarget => ({
    controller,
    hierarchy: hierarchyOf(location, controller, ...others),
  })

  const memory = at('memory')
  run<LinuxMemory>('memory', memory, (group) => {
    warnOfObsolete(group)
    byVersion(memory.hierarchy, compileMemoryV1, compileMemoryV2)(group)
  })
  const cpu = at('cpu')
  run<LinuxCPU>('cpu', cpu, byVersion(cpu.hierarchy, compileCpuV1, compileCpuV2))
  run<LinuxCPU>('cpu', at('cpuset'), compileCpuset)
  run('pids', at('pids'), compilePids)
  const io = hierarchyOf(location, 'blkio', 'io')
  run<LinuxBlockIO>('blockIO', { hierarchy: io, controller: io?.version === 1 ? 'blkio' : 'io' }, byVersion(io, compileBlkio, compileIo))
  run('hugepageLimits', at('hugetlb'), compileHugetlb)
  run('rdma', at('rdma'), compileRdma)
  run<LinuxNetwork>('network', at('net_cls'), compileNetCls)
  run<LinuxNetwork>('network', at('net_prio'), compileNetPrio)
  const unified = location.layout === 'v2' ? location.hierarchies[0] : undefined
  run('unified', { controller: 'unified', hierarchy: unified }, compileUnified)
  return writes
}

/** Without a hierarchy the v2 compiler says what is wrong with the values, and the first write that the controller is missing. */
function byVersion<T extends object>(
  hierarchy: CgroupHierarchy | undefined,
  v1: (group: ResourceGroup<T>) => void,
  v2: (group: ResourceGroup<T>) => void,
): (group: ResourceGroup<T>) => void {
  return hierarchy?.version === 1 ? v1 : v2
}

function warnOfObsolete(group: ResourceGroup<LinuxMemory>): void {
  for (const member of ['kernel', 'kernelTCP'] as const) {
    if (group.asked(member)) group.warn(`linux.resources.memory.${member} has no effect: kernels no longer limit kernel memory by itself`)
  }
}
