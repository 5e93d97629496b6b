import { checkBlockIO } from './block-io.ts'
import { checkCpu } from './cpu.ts'
import { checkDeviceRules } from './device-rules.ts'
import { checkKey, type Fields, INT64_MAX, INT64_MIN, UINT32_MAX, UINT64_MAX } from './fields.ts'
import { checkMemory } from './memory.ts'
import { interfaceName, type StringRule } from './rules.ts'

/** The only files of the core that a limit may name; the others move, kill or freeze processes or change the tree. */
const CORE_LIMITS: readonly string[] = ['cgroup.max.depth', 'cgroup.max.descendants', 'cgroup.pressure']

const pageSize: StringRule = (text) =>
  /^[1-9][0-9]{0,9}(?:KB|MB|GB)$/.test(text) ? undefined : 'a huge page size such as 2MB (a number and KB, MB or GB)'

/** Keys become file names in the container's cgroup. */
const unifiedKey: StringRule = (text) =>
  /^[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_]+)+$/.test(text) && text.length <= 255 && (!text.startsWith('cgroup.') || CORE_LIMITS.includes(text))
    ? undefined
    : 'the name of a controller file such as memory.high'

/** RDMA device names become words in a line of `rdma.max`. */
const rdmaDevice: StringRule = (text) => (/^[\w.-]{1,63}$/.test(text) ? undefined : 'an RDMA device name')

/**
 * Checks `linux.resources`.
 * @param isChange  the values change a container that has limits already, so that one may refer to another that is not here
 * @see runtime-spec config-linux.md "Control groups"
 */
export function checkResources(resources: Fields, isChange: boolean): void {
  checkDeviceRules(resources)
  checkMemory(resources.object('memory'), isChange)
  checkCpu(resources.object('cpu'))
  resources.object('pids')?.integer('limit', INT64_MIN, INT64_MAX)
  checkBlockIO(resources.object('blockIO'))
  checkHugepages(resources)
  checkNetwork(resources.object('network'))
  checkRdma(resources.object('rdma'))
  resources.stringMap('unified', unifiedKey)
}

function checkHugepages(resources: Fields): void {
  const seen = new Set<string>()
  for (const limit of resources.objects('hugepageLimits')) {
    limit.require('pageSize', 'limit')
    const size = limit.string('pageSize', pageSize)
    if (size !== undefined && seen.has(size)) limit.problem('pageSize', `${size} is there twice`)
    if (size !== undefined) seen.add(size)
    limit.integer('limit', 0, UINT64_MAX)
  }
}

function checkNetwork(network: Fields | undefined): void {
  if (network === undefined) return
  network.integer('classID', 0, UINT32_MAX)
  for (const priority of network.objects('priorities')) {
    priority.require('name', 'priority')
    priority.string('name', interfaceName)
    priority.integer('priority', 0, UINT32_MAX)
  }
}

function checkRdma(rdma: Fields | undefined): void {
  for (const name of rdma?.keys() ?? []) {
    if (rdma === undefined || !checkKey(rdma, name, rdmaDevice)) continue
    const limits = rdma.object(name)
    if (limits === undefined) continue
    if (!limits.has('hcaHandles') && !limits.has('hcaObjects')) rdma.problem(name, 'expected hcaHandles, hcaObjects or both, got none')
    limits.integer('hcaHandles', 0, UINT32_MAX)
    limits.integer('hcaObjects', 0, UINT32_MAX)
  }
}
