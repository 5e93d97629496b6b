import { describe, expect, it } from 'vitest'
import { HYBRID, V1, V2 } from '../../test/support/cgroup-hosts.ts'
import { locateCgroups } from './locate.ts'
import { withoutUnneeded } from './needed.ts'

const locate = (cgroup: typeof V1): ReturnType<typeof locateCgroups> =>
  locateCgroups({ id: 'web', manager: 'fs', host: { cgroup, euid: 0, rootless: false } })
const controllersOf = (cgroup: typeof V1, resources = {}): string[] =>
  withoutUnneeded(locate(cgroup), resources).hierarchies.flatMap(({ version, controllers }) => (version === 2 ? ['v2'] : controllers))

describe('withoutUnneeded()', () => {
  it('leaves devices, freezer, memory and v2 when there is no limit', () => {
    expect(controllersOf(HYBRID).sort()).toEqual(['devices', 'freezer', 'memory', 'v2'])
  })

  it('keeps a hierarchy in which there is a limit', () => {
    expect(controllersOf(HYBRID, { pids: { limit: 5 } }).sort()).toEqual(['devices', 'freezer', 'memory', 'pids', 'v2'])
    expect(controllersOf(HYBRID, { cpu: { shares: 512 } })).toContain('cpu')
    expect(controllersOf(HYBRID, { cpu: { cpus: '0' } })).toContain('cpuset')
  })

  it('keeps a joint hierarchy for the sake of one of its controllers', () => {
    expect(controllersOf(V1, { cpu: { shares: 512 } })).toEqual(['cpu', 'cpuacct', 'memory'])
  })

  it('leaves pure v2 alone', () => {
    const location = locate(V2)
    expect(withoutUnneeded(location)).toBe(location)
  })

  it('has the paths of what is left, and no others', () => {
    const { paths, unifiedPath } = withoutUnneeded(locate(HYBRID))
    expect(Object.keys(paths).sort()).toEqual(['', 'devices', 'freezer', 'memory'])
    expect(unifiedPath).toBe(paths[''])
  })
})
