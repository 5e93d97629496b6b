import { CAPABILITIES } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import {
  all,
  createInput,
  execInput,
  failure,
  only,
  ops,
  OWN_IDS,
  position,
  rootHost,
  text,
  userHost,
} from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { compileExecPlan } from './exec.ts'
import { SLOT } from './slots.ts'

const compile = (...args: Parameters<typeof createInput>): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput(...args))
const filter = { program: new Uint8Array(16), flags: 0 }
const listener = { ...filter, listenerPath: '/run/agent.sock', listenerMetadata: 'meta' }

describe('planCredentials()', () => {
  it('gives no capability to a process that asks for none', () => {
    const { container } = compile()
    expect(only(container, 'bounding_caps').keep).toBe(0n)
    expect(only(container, 'capabilities')).toMatchObject({ effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n })
  })

  it('keeps the inheritable and ambient sets empty unless they are asked for, in create and in exec', () => {
    const capabilities = { bounding: ['CAP_NET_RAW'], effective: ['CAP_NET_RAW'], permitted: ['CAP_NET_RAW'] }
    for (const { container } of [compile({ process: { capabilities } }), compileExecPlan(execInput({ process: { capabilities } }))]) {
      expect(only(container, 'capabilities')).toMatchObject({ effective: 1n << 13n, permitted: 1n << 13n, inheritable: 0n, ambient: 0n })
    }
  })

  it('never asks for capabilities that the kernel does not know', () => {
    const names = [...CAPABILITIES]
    const capabilities = { bounding: names, effective: names, permitted: names }
    const { container } = compile({ process: { capabilities } }, { host: rootHost({ lastCapability: 37 }) })
    expect(only(container, 'bounding_caps').keep).toBe((1n << 38n) - 1n)
    expect(only(container, 'capabilities').effective).toBe((1n << 38n) - 1n)
  })

  it('drops the bounding set before it changes the user, and sets capabilities after', () => {
    const steps = ops(compile({ process: { user: { uid: 1000, gid: 1000 } } }).container)
    expect(steps.slice(steps.indexOf('bounding_caps')).slice(0, 3)).toEqual(['bounding_caps', 'user', 'capabilities'])
  })

  it('gives exactly the groups of the config, and refuses groups where they cannot be set', () => {
    const user = { uid: 1000, gid: 1001, additionalGids: [5, 7] }
    expect(only(compile({ process: { user } }).container, 'user')).toMatchObject({ uid: 1000, gid: 1001, groups: [5, 7], setGroups: true })
    expect(failure(() => compile({ process: { user }, linux: OWN_IDS }, { host: userHost() }))).toMatchObject({
      code: 'ERR_TEU_ROOTLESS',
      pointer: '/process/user/additionalGids',
    })
    expect(failure(() => compile({ process: { user } }, { setgroupsDenied: true })).code).toBe('ERR_TEU_ROOTLESS')
  })
})

describe('planSeccomp()', () => {
  it('installs the filter as the last act before execve when no_new_privs allows it', () => {
    const { container } = compile({ process: { noNewPrivileges: true } }, { seccomp: filter, mode: 'create' })
    expect(ops(container).slice(-2)).toEqual(['seccomp', 'exec'])
    expect(ops(container).indexOf('no_new_privs')).toBeLessThan(ops(container).indexOf('bounding_caps'))
  })

  it('installs it before capabilities are dropped otherwise, as the kernel demands', () => {
    const { container } = compile({}, { seccomp: filter })
    expect(ops(container)).not.toContain('no_new_privs')
    expect(ops(container).indexOf('seccomp')).toBeLessThan(ops(container).indexOf('bounding_caps'))
  })

  it.each([true, false])(
    'hands the descriptor to the listener before the gate (no_new_privs %s), while the parent waits',
    (noNewPrivileges) => {
      const { parent, container } = compile({ process: { noNewPrivileges } }, { seccomp: listener, mode: 'create' })
      expect(parent[0]).toMatchObject({ op: 'connect', slot: SLOT.seccompSocket, path: '/run/agent.sock' })
      const steps = ops(container)
      expect(steps[steps.indexOf('seccomp') + 1]).toBe('seccomp_notify')
      expect(steps.indexOf('seccomp_notify')).toBeLessThan(steps.indexOf('signal'))
      expect(steps.indexOf('signal')).toBeLessThan(steps.indexOf('gate'))
      expect(ops(parent).slice(-2)).toEqual(['wait', 'detach'])
    },
  )

  it('keeps neither the socket nor the notification descriptor in the container', () => {
    const { container } = compile({ process: { noNewPrivileges: true } }, { seccomp: listener, mode: 'create' })
    expect(only(container, 'close_others').keep).toEqual([SLOT.gate, SLOT.gateStatus])
    expect(only(container, 'exec').fds).toEqual([])
  })

  it('tells the listener about the process with its pid in both places', () => {
    const { head, middle, tail } = only(compile({}, { seccomp: listener }).container, 'seccomp_notify')
    expect(JSON.parse(`${text(head)}42${text(middle)}42${text(tail)}`)).toEqual({
      ociVersion: '1.2.0',
      fds: ['seccompFd'],
      metadata: 'meta',
      pid: 42,
      state: { ociVersion: '1.2.0', id: 'web', status: 'creating', bundle: '/bundle', pid: 42 },
    })
  })

  it('tells it the pid of the container as well for a process that joins', () => {
    const { head, middle, tail } = only(compileExecPlan(execInput({}, { seccomp: listener })).container, 'seccomp_notify')
    expect(JSON.parse(`${text(head)}42${text(middle)}42${text(tail)}`)).toMatchObject({ pid: 42, state: { status: 'running', pid: 77 } })
  })
})

describe('planLabels()', () => {
  it('refuses a label that the host cannot give: never an unconfined start', () => {
    expect(failure(() => compile({ process: { apparmorProfile: 'docker-default' } }))).toMatchObject({
      code: 'ERR_TEU_UNSUPPORTED',
      pointer: '/process/apparmorProfile',
    })
    expect(failure(() => compile({ process: { selinuxLabel: 'u:r:t' } })).pointer).toBe('/process/selinuxLabel')
    expect(failure(() => compile({ linux: { mountLabel: 'u:r:t' } })).pointer).toBe('/linux/mountLabel')
    expect(failure(() => compile({ process: { apparmorProfile: 'unconfined_foo' } })).code).toBe('ERR_TEU_UNSUPPORTED')
    expect(failure(() => compileExecPlan(execInput({ process: { apparmorProfile: 'x' } }))).code).toBe('ERR_TEU_UNSUPPORTED')
  })

  it('takes "unconfined" and an empty label for none where there is no security module', () => {
    expect(all(compile({ process: { apparmorProfile: 'unconfined', selinuxLabel: '' } }).container, 'lsm_label')).toEqual([])
  })

  it('writes labels beneath a procfs that was opened before the container had any mount', () => {
    const host = rootHost({ apparmor: true, selinux: true })
    const { parent, container } = compile({ process: { apparmorProfile: 'p', selinuxLabel: 'u:r:t' } }, { host })
    expect(all(parent, 'open_tree').find(({ slot }) => slot === SLOT.hostProc)).toMatchObject({ path: '/proc', recursive: false })
    expect(all(container, 'lsm_label').map(({ proc, file, label }) => [proc, file, label])).toEqual([
      [SLOT.hostProc, 'keycreate', 'u:r:t'],
      [SLOT.hostProc, 'exec', 'u:r:t'],
      [SLOT.hostProc, 'apparmor/exec', 'exec p'],
    ])
    expect(ops(container).lastIndexOf('lsm_label')).toBeLessThan(ops(container).indexOf('close_others'))
  })

  it('labels the keyring before it makes it', () => {
    const { container } = compile({ process: { selinuxLabel: 'u:r:t' } }, { host: rootHost({ selinux: true }) })
    expect(ops(container).indexOf('lsm_label')).toBe(ops(container).indexOf('session_keyring') - 1)
    expect(ops(compile({}, { noNewKeyring: true }).container)).not.toContain('session_keyring')
  })
})

describe('planLaunch()', () => {
  it('closes what belongs to the set-up before the first restriction', () => {
    const { container } = compile({}, { mode: 'create', extraFds: [7] })
    const extra = only(container, 'exec').fds
    expect(only(container, 'close_others').keep).toEqual([SLOT.gate, SLOT.gateStatus, ...extra])
    expect(extra).toHaveLength(1)
    expect(position(container, ({ op }) => op === 'close_others')).toBeLessThan(position(container, ({ op }) => op === 'bounding_caps'))
  })

  it('enters the working directory, and finds the program, with the rights of the program', () => {
    const steps = ops(compile({ process: { cwd: '/work', user: { uid: 5, gid: 5 } } }).container)
    expect(steps.indexOf('capabilities')).toBeLessThan(steps.indexOf('chdir'))
    expect(steps.indexOf('chdir')).toBeLessThan(steps.indexOf('find_program'))
  })

  it('makes a missing working directory inside the root, before that is final', () => {
    const { container } = compile({ process: { cwd: '/a//b/../c/' } })
    expect(only(container, 'mkdir_in_root')).toMatchObject({ root: SLOT.root, path: '/a/c', mode: 0o755 })
    expect(only(container, 'chdir')).toMatchObject({ path: '/a/c', create: false })
    expect(all(compileExecPlan(execInput({ process: { cwd: '/a' } })).container, 'mkdir_in_root')).toEqual([])
  })

  it('finds a missing program in create, not at the start', () => {
    const steps = ops(compile({}, { mode: 'create' }).container)
    expect(steps.indexOf('find_program')).toBeLessThan(steps.indexOf('gate'))
  })

  it('gives every process a session of its own', () => {
    expect(ops(compile().container)).toContain('setsid')
    expect(ops(compileExecPlan(execInput()).container)).toContain('setsid')
  })

  it('leaves no parent-death signal to the program', () => {
    for (const { container } of [compile({}, { mode: 'create' }), compile({}, { mode: 'run' }), compileExecPlan(execInput())]) {
      const steps = ops(container)
      expect(steps.indexOf('outlive_parent')).toBeGreaterThan(steps.indexOf('user'))
    }
    const created = ops(compile({}, { mode: 'create' }).container)
    expect(created.indexOf('outlive_parent')).toBeLessThan(created.indexOf('gate'))
  })

  it('looks HOME up only when the environment has none', () => {
    expect(only(compile({ process: { env: ['PATH=/bin'], user: { uid: 9, gid: 9 } } }).container, 'home').uid).toBe(9)
    expect(all(compile({ process: { env: ['HOME='] } }).container, 'home')).toEqual([])
  })

  it('uses the umask of the process, of the container, or 022', () => {
    const user = { uid: 0, gid: 0 }
    expect(only(compile().container, 'umask').mask).toBe(0o022)
    expect(only(compile({ process: { user: { ...user, umask: 0o077 } } }).container, 'umask').mask).toBe(0o077)
    const exec = execInput({ process: { user: { ...user, umask: 0o007 } } }, { process: { user, args: ['x'], cwd: '/' } })
    expect(only(compileExecPlan(exec).container, 'umask').mask).toBe(0o007)
  })
})
