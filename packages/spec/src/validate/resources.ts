import type { LinuxHugepageLimit, LinuxInterfacePriority, LinuxNetwork, LinuxPids, LinuxRdma, LinuxResources } from '../types/resources.ts'
import { BLOCK_IO_SHAPE } from './block-io.ts'
import { CPU_SHAPE } from './cpu.ts'
import { DEVICE_RULES_SHAPE } from './device-rules.ts'
import { MEMORY_SHAPE } from './memory.ts'
import { interfaceName } from './rules.ts'
import { INT64, type ListShape, type MapShape, type ObjectShape, own, TEXT, UINT32, UINT64 } from './shape.ts'

/** The only files of the core that a limit may name; the others move, kill or freeze processes or change the tree. */
const CORE_LIMITS: readonly string[] = ['cgroup.max.depth', 'cgroup.max.descendants', 'cgroup.pressure']

const PIDS: ObjectShape<LinuxPids> = { is: 'object', fields: { limit: INT64 } }

const HUGEPAGE_LIMIT: ObjectShape<LinuxHugepageLimit> = {
  is: 'object',
  required: ['pageSize', 'limit'],
  fields: { pageSize: { is: 'text', rule: pageSize }, limit: UINT64 },
}
const HUGEPAGE_LIMITS: ListShape<LinuxHugepageLimit> = { is: 'list', of: HUGEPAGE_LIMIT, unique: 'pageSize' }

const PRIORITY: ObjectShape<LinuxInterfacePriority> = {
  is: 'object',
  required: ['name', 'priority'],
  fields: { name: { is: 'text', rule: interfaceName }, priority: UINT32 },
}
const NETWORK: ObjectShape<LinuxNetwork> = { is: 'object', fields: { classID: UINT32, priorities: { is: 'list', of: PRIORITY } } }

const RDMA_LIMITS: ObjectShape<LinuxRdma> = {
  is: 'object',
  fields: { hcaHandles: UINT32, hcaObjects: UINT32 },
  check(limits, place, report) {
    if (own(limits, 'hcaHandles') !== undefined || own(limits, 'hcaObjects') !== undefined) return
    report.problem(place, 'expected hcaHandles, hcaObjects or both, got none')
  },
}
const RDMA: MapShape<LinuxRdma> = { is: 'map', key: rdmaDevice, of: RDMA_LIMITS }

/** `linux.resources`. @see runtime-spec config-linux.md "Control groups" */
export const RESOURCES_SHAPE: ObjectShape<LinuxResources> = {
  is: 'object',
  fields: {
    devices: DEVICE_RULES_SHAPE,
    memory: MEMORY_SHAPE,
    cpu: CPU_SHAPE,
    pids: PIDS,
    blockIO: BLOCK_IO_SHAPE,
    hugepageLimits: HUGEPAGE_LIMITS,
    network: NETWORK,
    rdma: RDMA,
    unified: { is: 'map', key: unifiedKey, of: TEXT },
  },
}

function pageSize(text: string): string | undefined {
  return /^[1-9][0-9]{0,9}(?:KB|MB|GB)$/.test(text) ? undefined : 'a huge page size such as 2MB (a number and KB, MB or GB)'
}

/** Keys become file names in the container's cgroup. */
function unifiedKey(text: string): string | undefined {
  const isFile = /^[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_]+)+$/.test(text) && text.length <= 255
  return isFile && (!text.startsWith('cgroup.') || CORE_LIMITS.includes(text))
    ? undefined
    : 'the name of a controller file such as memory.high'
}

/** Names of RDMA devices become words in a line of `rdma.max`. */
function rdmaDevice(text: string): string | undefined {
  return /^[\w.-]{1,63}$/.test(text) ? undefined : 'an RDMA device name'
}
