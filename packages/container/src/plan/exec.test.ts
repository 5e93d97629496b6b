import { encodePlan } from '@teu/init'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V2 } from '../../test/support/cgroup-hosts.ts'
import {
  all,
  execInput,
  NAMESPACES,
  only,
  ops,
  OWN_IDS,
  position,
  rootHost,
  USER_NAMESPACE,
  userHost,
} from '../../test/support/plan-input.ts'
import { planCgroupExecJoin } from '../cgroup/exec.ts'
import { compileExecPlan } from './exec.ts'
import { SLOT } from './slots.ts'

const compile = (...args: Parameters<typeof execInput>): ReturnType<typeof compileExecPlan> => compileExecPlan(execInput(...args))
const inCgroup = (facts: typeof V2): object => ({ cgroup: planCgroupExecJoin(at(facts)) })

describe('compileExecPlan()', () => {
  it('reaches the container by a pidfd whose start time is checked, and by nothing else', () => {
    const plan = compile()
    expect(only(plan.parent, 'open_pidfd')).toEqual({ op: 'open_pidfd', slot: SLOT.initPidfd, pid: 77, startTime: 1234n })
    expect(only(plan.joiner, 'setns').slot).toBe(SLOT.initPidfd)
    expect(all(plan.parent, 'open')).toEqual([])
  })

  it('joins every namespace of the container at once, and no other', () => {
    expect(only(compile().joiner, 'setns').flags).toBe(0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x00020000)
    const namespaces = [{ type: 'mount' as const }, { type: 'network' as const, path: '/n' }]
    expect(only(compile({ linux: { namespaces } }).container, 'setns').flags).toBe(0x40000000 | 0x00020000)
  })

  it('has left the host, and closed what is the host’s, before the process can be seen in the container', () => {
    const { joiner, container } = compile(
      {},
      { stdio: [{ kind: 'slot', slot: 0 }, { kind: 'slot', slot: 1 }, { kind: 'inherit' }], extraFds: [5] },
    )
    expect(ops(joiner)).toEqual(['setns', 'close_others'])
    expect(only(joiner, 'close_others').keep).toEqual([0, 1, ...only(container, 'exec').fds])
    expect(ops(container)).not.toContain('setns')
  })

  it('enters directly a container that shares the pid namespace of the host', () => {
    const { joiner, container } = compile({ linux: { namespaces: [{ type: 'mount' }, { type: 'ipc' }] } })
    expect(joiner).toEqual([])
    expect(ops(container).slice(0, 3)).toEqual(['setns', 'close_others', 'wait'])
  })

  it('becomes root of the user namespace before it makes anything in it', () => {
    const steps = compile({ linux: USER_NAMESPACE }).container
    expect(steps[1]).toMatchObject({ op: 'user', uid: 0, gid: 0, setGroups: true })
    expect(compile({ linux: OWN_IDS }, { host: userHost() }).container[1]).toMatchObject({ op: 'user', setGroups: false })
  })

  it('refuses ids that the container does not have', () => {
    const uidMappings = [{ containerID: 0, hostID: 1000, size: 10 }]
    const linux = { ...USER_NAMESPACE, uidMappings, gidMappings: uidMappings }
    const exec = (user: { uid: number; gid: number; additionalGids?: number[] }) => () =>
      compile({ linux }, { process: { user, args: ['x'], cwd: '/' } })
    expect(exec({ uid: 9, gid: 9, additionalGids: [9] })).not.toThrow()
    expect(exec({ uid: 10, gid: 0 })).toThrow('process.user.uid: 10 is not in linux.uidMappings')
    expect(exec({ uid: 0, gid: 10 })).toThrow('process.user.gid: 10 is not in linux.gidMappings')
    expect(exec({ uid: 0, gid: 0, additionalGids: [0, 10] })).toThrow('process.user.additionalGids[1]: 10 is not in linux.gidMappings')
  })

  it('clones into the v2 cgroup', () => {
    const { parent, joiner } = compile({}, inCgroup(V2))
    expect(only(parent, 'clone')).toEqual({ op: 'clone', flags: 0, cgroup: SLOT.cloneCgroup })
    expect(only(joiner, 'close_others').keep).toEqual([])
  })

  it('moves instead where a process that may trace others could catch the descriptor of the cgroup', () => {
    const process = { capabilities: { bounding: ['CAP_SYS_PTRACE'] } }
    const withoutJoiner = compile({ process, linux: { namespaces: [{ type: 'mount' }] } }, inCgroup(V2))
    expect(only(withoutJoiner.parent, 'clone').cgroup).toBe(-1)
    expect(only(withoutJoiner.parent, 'write_child_pid').path).toBe('/sys/fs/cgroup/c/cgroup.procs')
    // A joiner has closed it before there is anything to be seen.
    const { parent, joiner } = compile({ process }, inCgroup(V2))
    expect(only(parent, 'clone').cgroup).toBe(SLOT.cloneCgroup)
    expect(only(joiner, 'close_others').keep).not.toContain(SLOT.cloneCgroup)
  })

  it('has the process enter v1 cgroups by itself, while it is on the host', () => {
    const { parent, joiner } = compile({}, inCgroup(HYBRID))
    expect(all(parent, 'write_child_pid')).toEqual([])
    const writes = all(joiner, 'write_file').map(({ path }) => path)
    expect(writes).toContain('/sys/fs/cgroup/memory/c/tasks')
    expect(ops(joiner).lastIndexOf('write_file')).toBeLessThan(ops(joiner).indexOf('setns'))
  })

  it('leaves moving an ordinary user to the parent', () => {
    const { parent, joiner } = compile({ linux: OWN_IDS }, { ...inCgroup(HYBRID), host: userHost() })
    expect(all(parent, 'write_child_pid').length).toBeGreaterThan(0)
    expect(ops(joiner)).not.toContain('write_file')
  })

  it('takes labels on the host: inside, procfs may be masked', () => {
    const host = rootHost({ apparmor: true })
    const { parent, joiner, container } = compile({ process: { apparmorProfile: 'p' } }, { host })
    expect(all(parent, 'open_tree').map(({ slot }) => slot)).toEqual([SLOT.hostProc])
    expect(ops(joiner)).toEqual(['lsm_label', 'setns', 'close_others'])
    expect(ops(container)).not.toContain('lsm_label')
  })

  it('runs on the CPUs of before and after the cgroup', () => {
    const { joiner, container } = compile({}, { cpuAffinity: { initial: '0', final: '1-2' } })
    expect(only(joiner, 'cpu_affinity').mask[0]).toBe(1)
    expect(only(container, 'cpu_affinity').mask[0]).toBe(6)
    expect(ops(container).indexOf('cpu_affinity')).toBeGreaterThan(ops(container).indexOf('wait'))
    expect(only(compile({ process: { execCPUAffinity: { final: '3' } } }).container, 'cpu_affinity').mask[0]).toBe(8)
  })

  it("joins the container's keyring by its name", () => {
    expect(only(compile().container, 'session_keyring').name).toBe('_ses.web')
  })

  it("sets an ordinary user's OOM score before the process enters anything", () => {
    const { parent, joiner } = compile({ process: { oomScoreAdj: 100 }, linux: OWN_IDS }, { host: userHost() })
    expect(all(parent, 'write_child')).toEqual([])
    expect(ops(joiner)).toEqual(['dumpable', 'write_file', 'dumpable', 'setns', 'close_others'])
    expect(all(compile({ process: { oomScoreAdj: 100 } }).parent, 'write_child')).toHaveLength(1)
  })

  it('stays with the process, or lets it go', () => {
    expect(compile({}, { mode: 'exec', timeoutMs: 7 }).parent.at(-1)).toMatchObject({ op: 'supervise', timeoutMs: 7 })
    const detached = compile({}, { mode: 'exec-detached', pidFile: '/p', pidfdSocket: '/s' })
    expect(ops(detached.parent).slice(-4)).toEqual(['wait', 'send_pidfd', 'pid_file', 'detach'])
    expect(ops(detached.container)).toContain('outlive_parent')
    expect(detached.after).toEqual([])
  })

  it('keeps the confinement of the container for a process that says nothing else', () => {
    const linux = { namespaces: NAMESPACES.map((type) => ({ type })) }
    const process = { noNewPrivileges: true, capabilities: { bounding: ['CAP_KILL'] } }
    const { container } = compile({ process, linux }, { seccomp: { program: new Uint8Array(8), flags: 0 } })
    expect(only(container, 'bounding_caps').keep).toBe(1n << 5n)
    expect(ops(container).slice(-2)).toEqual(['seccomp', 'exec'])
    expect(position(container, ({ op }) => op === 'no_new_privs')).toBeGreaterThan(0)
  })

  it('gives plans that can be encoded', () => {
    expect(encodePlan(compile({ linux: USER_NAMESPACE }, inCgroup(HYBRID)), { tag: 1 }).length).toBeGreaterThan(0)
  })
})
