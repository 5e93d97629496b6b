import { NO_SLOT, type Step } from '@teu/init'
import type { LinuxResources, Spec } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, host, V1, V2 } from '../../test/support/cgroup-hosts.ts'
import { type CgroupLocation, locateCgroups, noCgroups } from './locate.ts'
import { planCgroupAfter, planCgroupJoin, planCgroupSetup } from './plan.ts'

const ALLOW_ALL = [{ allow: true, access: 'rwm' }]
const withResources = (resources: LinuxResources): Spec => ({
  ociVersion: '1.3.0',
  root: { path: 'rootfs' },
  linux: { resources: { devices: ALLOW_ALL, ...resources } },
})

function setup(location: CgroupLocation, resources: LinuxResources = {}, rootless = false): Step[] {
  return planCgroupSetup({ spec: withResources(resources), location, host: { ...host(V2), rootless } })
}

/** One line for each step. */
function lines(steps: readonly Step[]): string[] {
  return steps.map((step) => {
    if (step.op === 'write_file') return `${step.path}=${new TextDecoder().decode(step.data)}`
    if (step.op === 'make_cgroup') return `make ${step.path} [${step.controllers.join()}]${step.copyCpuset ? ' cpuset' : ''}`
    return 'path' in step ? `${step.op} ${step.path}` : step.op
  })
}

const BELOW = '/sys/fs/cgroup'

describe('planCgroupSetup()', () => {
  it('makes one cgroup on v2, with the usual controllers and those that are asked for', () => {
    expect(lines(setup(at(V2)))).toEqual([`make ${BELOW}/c [cpuset,cpu,io,memory,pids]`])
    expect(lines(setup(at(V2), { hugepageLimits: [{ pageSize: '2MB', limit: 1 }], unified: { 'misc.max': 'a 1' } }))[0]).toBe(
      `make ${BELOW}/c [cpuset,cpu,io,memory,hugetlb,pids,misc]`,
    )
  })

  it('makes each v1 hierarchy once and fills the cpuset', () => {
    expect(lines(setup(at(V1)))).toEqual([`make ${BELOW}/cpu,cpuacct/c []`, `make ${BELOW}/memory/c []`, `make ${BELOW}/systemd/c []`])
    expect(lines(setup(at(HYBRID))).filter((line) => line.endsWith('cpuset'))).toEqual([`make ${BELOW}/cpuset/c [] cpuset`])
    expect(lines(setup(at(HYBRID), { hugepageLimits: [{ pageSize: '2MB', limit: 1 }] }))).toContain(`make ${BELOW}/unified/c [hugetlb]`)
  })

  it('sets limits after the cgroups are made, each with the place in the config', () => {
    const steps = setup(at(V2), { memory: { limit: 5 }, pids: { limit: 3 } })
    expect(lines(steps).slice(1)).toEqual([`${BELOW}/c/memory.max=5`, `${BELOW}/c/pids.max=3`])
    expect(steps.map(({ pointer }) => pointer)).toEqual([undefined, '/linux/resources/memory/limit', '/linux/resources/pids/limit'])
  })

  it('does nothing without cgroups, and refuses limits then', () => {
    expect(setup(noCgroups('disabled'))).toEqual([])
    expect(() => setup(noCgroups('disabled'), { pids: { limit: 5 } })).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  })

  it('leaves the directories of a unit to systemd, and makes the others', () => {
    const systemd = (facts: typeof V2): string[] =>
      lines(setup(locateCgroups({ cgroupsPath: 'a.slice:p:x', id: 'x', manager: 'systemd', host: host(facts) })))
    expect(systemd(V2)).toEqual([])
    const steps = systemd(HYBRID)
    expect(steps).toContain(`mkdir_all ${BELOW}/memory/a.slice/p-x.scope`)
    expect(steps).toContain(`make ${BELOW}/freezer/a.slice/p-x.scope []`)
    expect(steps).toContain(`mkdir_all ${BELOW}/unified/a.slice/p-x.scope`)
  })
})

describe('planCgroupSetup() with device rules', () => {
  const devices = (location: CgroupLocation, rules: LinuxResources['devices'], rootless = false): string[] =>
    lines(setup(location, { devices: rules }, rootless)).filter((line) => !line.startsWith('make'))

  it('denies everything but the standard devices when the config says nothing', () => {
    expect(devices(at(V2), undefined)).toEqual([`device_filter ${BELOW}/c`])
    expect(devices(at(V2), [])).toEqual([`device_filter ${BELOW}/c`])
    const v1 = devices(at(HYBRID), undefined)
    expect(v1[0]).toBe(`${BELOW}/devices/c/devices.deny=a`)
    expect(v1.slice(1).every((line) => line.startsWith(`${BELOW}/devices/c/devices.allow=`))).toBe(true)
  })

  it('adds nothing to a cgroup that may use everything', () => {
    expect([devices(at(V2), ALLOW_ALL), devices(at(HYBRID), ALLOW_ALL)]).toEqual([[], []])
  })

  it('uses a program where the hybrid layout has no v1 controller', () => {
    const facts = { ...HYBRID, v1: HYBRID.v1.filter(({ controllers }) => !controllers.includes('devices')) }
    expect(devices(at(facts), [])).toEqual([`device_filter ${BELOW}/unified/c`])
  })

  it('refuses to start when nothing can hold the rules, unless cgroups are disabled or the user is an ordinary one', () => {
    expect(() => devices(at(V1), [])).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED', pointer: '/linux/resources/devices' }))
    expect(() => devices(noCgroups('fs'), [])).toThrow('Cannot restrict devices')
    expect(devices(noCgroups('disabled'), [])).toEqual([])
    expect(devices(at(V1), [], true)).toEqual([])
  })
})

describe('planCgroupJoin()', () => {
  it('has the process cloned into its cgroup on v2, and closes the directory again', () => {
    expect(planCgroupJoin(at(V2), 9)).toEqual({
      beforeClone: [{ op: 'open', slot: 9, path: `${BELOW}/c`, flags: 0o10200000, mode: 0 }],
      cloneSlot: 9,
      afterClone: [{ op: 'close', slot: 9 }],
    })
  })

  it('moves the process on v1, once for each hierarchy', () => {
    const { beforeClone, cloneSlot, afterClone } = planCgroupJoin(at(V1))
    expect([beforeClone, cloneSlot]).toEqual([[], NO_SLOT])
    expect(lines(afterClone)).toEqual(['cpu,cpuacct', 'memory', 'systemd'].map((name) => `write_child_pid ${BELOW}/${name}/c/cgroup.procs`))
  })

  it('does both in the hybrid layout, and nothing without cgroups', () => {
    const { beforeClone, afterClone } = planCgroupJoin(at(HYBRID), 9)
    expect(beforeClone).toHaveLength(1)
    expect(afterClone.filter(({ op }) => op === 'write_child_pid')).toHaveLength(HYBRID.v1.length)
    expect(planCgroupJoin(noCgroups('disabled'))).toEqual({ beforeClone: [], cloneSlot: NO_SLOT, afterClone: [] })
  })
})

describe('planCgroupAfter()', () => {
  it('collects before it kills, and kills before it removes', () => {
    expect(lines(planCgroupAfter(at(V2)))).toEqual([
      `collect ${BELOW}/c/memory.events`,
      `collect ${BELOW}/c/memory.max`,
      `collect ${BELOW}/c/memory.peak`,
      `kill_cgroup ${BELOW}/c`,
      `remove_cgroup ${BELOW}/c`,
    ])
    expect(lines(planCgroupAfter(at(V1)))).toEqual([
      `collect ${BELOW}/memory/c/memory.oom_control`,
      `collect ${BELOW}/memory/c/memory.limit_in_bytes`,
      `collect ${BELOW}/memory/c/memory.max_usage_in_bytes`,
      `kill_cgroup ${BELOW}/cpu,cpuacct/c`,
      `remove_cgroup ${BELOW}/cpu,cpuacct/c`,
      `remove_cgroup ${BELOW}/memory/c`,
      `remove_cgroup ${BELOW}/systemd/c`,
    ])
  })

  it('does not kill what the end of a pid namespace has killed', () => {
    expect(planCgroupAfter(at(V2), { privatePidNamespace: true }).map(({ op }) => op)).not.toContain('kill_cgroup')
  })

  it('collects whether limits were met that had been set', () => {
    const steps = planCgroupAfter(at(HYBRID), { resources: { pids: { limit: 3 }, cpu: { quota: 5000 } } })
    expect(lines(steps)).toEqual(expect.arrayContaining([`collect ${BELOW}/pids/c/pids.events`, `collect ${BELOW}/cpu/c/cpu.stat`]))
    expect(steps.find(({ op }) => op === 'kill_cgroup')).toMatchObject({ path: `${BELOW}/unified/c` })
  })

  it('never plans anything for the root of a hierarchy', () => {
    const location: CgroupLocation = { ...at(V2), hierarchies: [{ version: 2, root: BELOW, path: BELOW, controllers: [] }] }
    for (const plan of [() => setup(location), () => planCgroupJoin(location), () => planCgroupAfter(location)]) {
      expect(plan).toThrow(expect.objectContaining({ code: 'ERR_TEU_CGROUP' }))
    }
  })
})
