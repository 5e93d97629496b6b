import type { Step } from '@teu/init'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V1, V2 } from '../../test/support/cgroup-hosts.ts'
import { createInput, NAMESPACES, ops, OWN_IDS, USER_NAMESPACE, userHost } from '../../test/support/plan-input.ts'
import { planCgroupJoin } from '../cgroup/plan.ts'
import { moveItself, orderCgroupSteps } from './cgroup-order.ts'
import { compileCreatePlan } from './create.ts'
import { SYNC } from './sync.ts'

const make = (path: string): Step => ({
  op: 'make_cgroup',
  root: '/sys/fs/cgroup',
  path,
  controllers: [],
  copyCpuset: false,
  unified: true,
})
const cgroup = (facts: typeof V2, setup: Step[]): Parameters<typeof orderCgroupSteps>[0] => ({
  ...planCgroupJoin(at(facts)),
  setup,
  after: [],
})
const unified = '/sys/fs/cgroup/unified/c'
const memory = '/sys/fs/cgroup/memory/c'

describe('orderCgroupSteps()', () => {
  it('makes the v2 cgroup before the process, which is born in it, and v1 cgroups after', () => {
    const ordered = orderCgroupSteps(cgroup(HYBRID, [make(unified), make(memory)]), { moveItself: false })
    expect(ordered.beforeClone).toEqual([make(unified), expect.objectContaining({ op: 'open', path: unified })])
    expect(ordered.make).toEqual([make(memory)])
    expect(ordered.afterClone.some((step) => step.op === 'write_child_pid' && step.path === `${memory}/cgroup.procs`)).toBe(true)
  })

  it('keeps the order of steps that it does not know', () => {
    const other: Step = { op: 'mkfifo', path: '/x', mode: 0, uid: 0, gid: 0 }
    const ordered = orderCgroupSteps(cgroup(HYBRID, [make(memory), other, make(unified)]), { moveItself: false })
    expect(ordered.beforeClone.slice(0, 3)).toEqual([make(memory), other, make(unified)])
  })

  it('lets the process move itself into v1 cgroups, after which nothing is left to the parent', () => {
    const ordered = orderCgroupSteps(cgroup(V1, [make(memory)]), { moveItself: true })
    expect(ordered.container).toContainEqual({ op: 'write_file', dir: -1, path: `${memory}/tasks`, data: new TextEncoder().encode('0') })
    expect(ordered.make).toEqual([make(memory)])
    expect(ordered.afterClone).toEqual([])
    expect(moveItself(planCgroupJoin(at(V2))).own).toEqual([])
  })

  it('is used where the process has the rights of the caller only', () => {
    const moves = (linux: object, host = createInput().host): boolean => {
      const input = createInput({ linux }, { host })
      return ops(compileCreatePlan({ ...input, cgroup: cgroup(HYBRID, []) }).container).includes('write_file')
    }
    expect(moves({})).toBe(true)
    expect(moves(USER_NAMESPACE)).toBe(false)
    expect(moves(OWN_IDS, userHost())).toBe(false)
  })

  it('moves before the cgroup namespace is made, which begins where the process is', () => {
    const input = createInput({ linux: { namespaces: [...NAMESPACES, 'cgroup' as const].map((type) => ({ type })) } })
    const steps = ops(compileCreatePlan({ ...input, cgroup: cgroup(HYBRID, []) }).container)
    expect(steps.indexOf('wait')).toBeLessThan(steps.indexOf('write_file'))
    expect(steps.lastIndexOf('write_file')).toBeLessThan(steps.indexOf('unshare'))
  })

  it('waits for the cgroups after the devices where the cgroup mount is the last one, and keeps the order of the config where it is not', () => {
    const mount = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' }
    const shm = { destination: '/dev/shm', type: 'tmpfs', source: 'shm' }
    const order = (mounts: (typeof mount)[]): { wait: number; mknod: number; shm: number } => {
      const { container } = compileCreatePlan({ ...createInput({ mounts }), cgroup: cgroup(HYBRID, []) })
      return {
        wait: container.findIndex((step) => step.op === 'wait' && step.n === SYNC.cgroups),
        mknod: container.findIndex(({ op }) => op === 'mknod'),
        shm: container.findIndex((step) => step.op === 'attach' && step.path === '/dev/shm'),
      }
    }
    const last = order([shm, mount])
    expect([last.shm < last.mknod, last.mknod < last.wait]).toEqual([true, true])
    const middle = order([mount, shm])
    expect([middle.wait < middle.shm, middle.shm < middle.mknod]).toEqual([true, true])
    const elsewhere = order([{ ...mount, destination: '/dev/cgroup' }])
    expect(elsewhere.wait).toBeLessThan(elsewhere.mknod)
  })
})
