import { encodePlan } from '@teu/init'
import { defaultSpec } from '@teu/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V2 } from '../../test/support/cgroup-hosts.ts'
import {
  all,
  createInput,
  everyStep,
  failure,
  NAMESPACES,
  only,
  ops,
  OWN_IDS,
  position,
  rootHost,
  userHost,
  USER_NAMESPACE,
} from '../../test/support/plan-input.ts'
import { planCgroupAfter, planCgroupJoin, planCgroupSetup } from '../cgroup/plan.ts'
import type { HostFacts } from '../host-facts.ts'
import { type CreateMode, type CreatePlanInput, compileCreatePlan } from './create.ts'
import { SLOT } from './slots.ts'

const compile = (...args: Parameters<typeof createInput>): ReturnType<typeof compileCreatePlan> => compileCreatePlan(createInput(...args))

/** The config of `spec`, with real cgroup steps for one of the layouts. */
function usual(facts: HostFacts['cgroup'], mode: CreateMode): CreatePlanInput {
  const host = rootHost({ cgroup: facts })
  const spec = defaultSpec({ cgroupV2: facts.layout === 'v2' })
  const location = at(facts)
  const input = createInput({}, { host, mode })
  return {
    ...input,
    spec: {
      ...spec,
      root: { path: '/bundle/rootfs', readonly: true },
      process: { ...input.spec.process, ...spec.process, terminal: false } as never,
    },
    cgroup: {
      setup: planCgroupSetup({ spec, location, host }),
      after: planCgroupAfter(location),
      ...planCgroupJoin(location),
      paths: location.paths,
    },
  }
}

/** Neighbouring equal operations as one. */
function shape(steps: Parameters<typeof ops>[0]): string {
  return ops(steps)
    .filter((op, index, list) => op !== list[index - 1])
    .join(' ')
}

describe('compileCreatePlan()', () => {
  it('orders the parent stage: what can fail early, cgroup, gate, clone, what only it can give, the end', () => {
    const { parent } = compileCreatePlan({ ...usual(V2, 'create'), pidFile: '/run/p' })
    expect(shape(parent)).toBe(
      'open_tree verify_device mount_attr open_tree mount_attr make_cgroup open mkfifo open mkfifo open clone record_init close rlimit signal wait pid_file detach'.replace(
        'make_cgroup open',
        shape(usual(V2, 'create').cgroup.setup as never) + ' open',
      ),
    )
  })

  it('orders the container stage: isolation, settings, mounts, devices, cgroup namespace, hiding, root, the process', () => {
    expect(shape(compileCreatePlan(usual(V2, 'create')).container)).toBe(
      [
        'set_propagation session_keyring hostname link_up attach_root',
        'new_mount attach new_mount attach new_mount attach new_mount attach new_mount attach new_mount attach',
        'mknod symlink unshare new_mount attach',
        'wait new_mount readonly_path mask mount_attr pivot_root',
        'setsid close_others no_new_privs umask bounding_caps user capabilities home chdir find_program outlive_parent gate exec',
      ].join(' '),
    )
  })

  it('begins with isolation from the host, and ends with the program', () => {
    for (const mode of ['create', 'create-supervised', 'run'] as const) {
      const { container } = compile({}, { mode })
      expect(container[0]?.op).toBe('set_propagation')
      expect(container.at(-1)?.op).toBe('exec')
    }
  })

  it('ends the parent stage as the mode says', () => {
    expect(compile({}, { mode: 'create' }).parent.at(-1)).toEqual({ op: 'detach' })
    expect(compile({}, { mode: 'create-supervised' }).parent.at(-1)?.op).toBe('supervise')
    expect(
      only(
        compile({}, { mode: 'run', timeoutMs: 5, bindToCaller: true, forwardSignals: true, stopSignal: 15, graceMs: 9 }).parent,
        'supervise',
      ),
    ).toEqual({
      op: 'supervise',
      quietStart: false,
      forwardSignals: true,
      bindToCaller: true,
      timeoutMs: 5,
      stopSignal: 15,
      graceMs: 9,
      master: -1,
      input: -1,
      output: -1,
      raw: false,
    })
  })

  it('makes the gate last before the clone, as the sign of a created container, and none in run', () => {
    const { parent } = compile({}, { mode: 'create' })
    expect(all(parent, 'mkfifo').map(({ path, mode }) => [path, mode])).toEqual([
      ['/run/teu/web/gate-status', 0o600],
      ['/run/teu/web/gate', 0o600],
    ])
    expect(ops(parent).indexOf('clone')).toBe(ops(parent).lastIndexOf('mkfifo') + 2)
    expect(ops(compile({}, { mode: 'run' }).parent)).not.toContain('mkfifo')
  })

  it('records init before the container may go on', () => {
    const steps = ops(compile().parent)
    expect(steps.indexOf('record_init')).toBeLessThan(steps.indexOf('signal'))
  })

  it('records how the process ended before anything is removed', () => {
    const after = usual(V2, 'create-supervised').cgroup.after
    expect(compileCreatePlan(usual(V2, 'create-supervised')).after).toEqual([{ op: 'record_exit', path: '/run/teu/web/exit' }, ...after])
    expect(compileCreatePlan(usual(V2, 'run')).after).toEqual(after)
    expect(compileCreatePlan({ ...usual(V2, 'run'), recordExit: true }).after[0]?.op).toBe('record_exit')
    expect(compileCreatePlan(usual(V2, 'create')).after).toEqual([])
  })

  it('has everything in place before the first instruction of the program: the container waits before it goes on', () => {
    for (const facts of [V2, HYBRID]) {
      for (const input of [usual(facts, 'run'), { ...usual(facts, 'run'), spec: { ...usual(facts, 'run').spec, mounts: [] } }]) {
        const { container } = compileCreatePlan(input)
        expect(position(container, (step) => step.op === 'wait' && step.n === 2)).toBeLessThan(
          position(container, ({ op }) => op === 'pivot_root'),
        )
      }
    }
  })

  it('binds the sd_notify directory read-only and tells the program of it', () => {
    const { container } = compile({}, { notifySocketDir: '/run/teu/web/notify' })
    expect(all(container, 'attach').map(({ path }) => path)).toEqual(['/run/notify'])
    expect(only(container, 'exec').env).toContain('NOTIFY_SOCKET=/run/notify/notify.sock')
  })

  it('passes on descriptors in the order of the caller', () => {
    const { parent, container } = compile({}, { extraFds: [12, 11], listenFds: { count: 1 } })
    const adopted = all(parent, 'adopt')
    expect(adopted.map(({ fd }) => fd)).toEqual([12, 11])
    expect(only(container, 'exec')).toMatchObject({ fds: adopted.map(({ slot }) => slot), listenPid: true })
  })

  it('sends the pidfd, then writes the pid file, when only the start is left', () => {
    const { parent } = compile({}, { mode: 'create', pidFile: '/p', pidfdSocket: '/s' })
    expect(parent[0]).toMatchObject({ op: 'connect', slot: SLOT.pidfdSocket })
    expect(ops(parent).slice(-4)).toEqual(['wait', 'send_pidfd', 'pid_file', 'detach'])
  })

  it('joins a class of service and removes only its own', () => {
    const plan = compile({ linux: { intelRdt: { l3CacheSchema: 'L3:0=f', enableMonitoring: true } } })
    expect(all(plan.parent, 'write_child_pid').map(({ path }) => path)).toEqual([
      '/sys/fs/resctrl/web/tasks',
      '/sys/fs/resctrl/web/mon_groups/web/tasks',
    ])
    expect(all(plan.after, 'rmdir').map(({ path }) => path)).toEqual(['/sys/fs/resctrl/web/mon_groups/web', '/sys/fs/resctrl/web'])
    expect(all(compile({ linux: { intelRdt: { closID: 'shared' } } }).after, 'rmdir')).toEqual([])
    expect(all(compile({ linux: { intelRdt: { closID: '/' } } }).parent, 'mkdir_all')).toEqual([])
  })

  it('needs a process', () => {
    const { process: _process, ...spec } = createInput().spec
    expect(failure(() => compileCreatePlan({ ...createInput(), spec })).pointer).toBe('/process')
  })

  it('does not depend on anything but its input', () => {
    expect(compileCreatePlan(usual(HYBRID, 'create'))).toEqual(compileCreatePlan(usual(HYBRID, 'create')))
  })

  it('names the place in the config for every step that fails because of it', () => {
    const { parent, container } = compileCreatePlan(usual(V2, 'create'))
    for (const op of ['attach', 'mask', 'readonly_path', 'rlimit', 'chdir', 'find_program', 'exec', 'hostname', 'attach_root'] as const) {
      for (const step of all([...parent, ...container], op)) expect(step.pointer, op).toMatch(/^\//)
    }
  })

  it('gives plans that can be encoded, for any combination of namespaces, rights and modes', () => {
    const optional = fc.subarray(['cgroup', 'time', 'user', ...NAMESPACES.filter((type) => type !== 'mount')])
    fc.assert(
      fc.property(
        optional,
        fc.constantFrom('create', 'create-supervised', 'run'),
        fc.boolean(),
        fc.boolean(),
        (types, mode, rootless, hooks) => {
          const host = rootless ? userHost() : rootHost()
          const linux = {
            ...(types.includes('user') ? (rootless ? OWN_IDS : USER_NAMESPACE) : {}),
            namespaces: [...types, 'mount'].map((type) => ({ type: type as 'pid' })),
            maskedPaths: ['/proc/keys'],
          }
          const input = createInput(
            { linux, ...(hooks && { hooks: { prestart: [{ path: '/h' }], startContainer: [{ path: '/h' }] } }) },
            { host, mode, stdio: [{ kind: 'null' }, { kind: 'slot', slot: 1 }, { kind: 'inherit' }] },
          )
          const plan = compileCreatePlan(input)
          expect(encodePlan(plan, { tag: 1 }).length).toBeGreaterThan(0)
          expectBalanced(plan)
        },
      ),
      { numRuns: 200, seed: 7 },
    )
  })
})

/** Every number that one side waits for is sent by the other, in the same order, and nothing is sent that nobody waits for. */
function expectBalanced(plan: ReturnType<typeof compileCreatePlan>): void {
  const sent = (steps: Parameters<typeof all>[0]): number[] => all(steps, 'signal').map(({ n }) => n)
  const awaited = (steps: Parameters<typeof all>[0]): number[] => all(steps, 'wait').map(({ n }) => n)
  expect(awaited(plan.container)).toEqual(sent(plan.parent))
  expect(awaited(plan.parent)).toEqual(sent(plan.container))
  // A slot is filled before it is used, by a stage that runs before or is the same.
  const filled = new Set<number>(Array.from({ length: 16 }, (_, slot) => slot))
  for (const step of everyStep(plan)) {
    for (const name of ['slot', 'mount', 'root', 'dir', 'proc', 'socket', 'fd', 'peer', 'go', 'status', 'cgroup'] as const) {
      const value = (step as unknown as Record<string, unknown>)[name]
      if (typeof value !== 'number' || value < 0 || (name === 'fd' && step.op !== 'send_fd')) continue
      if (name === 'slot' && FILLING.includes(step.op)) filled.add(value)
      else expect(filled.has(value), `${step.op} uses slot ${value}`).toBe(true)
    }
    if (step.op === 'open_pty') for (const slot of [step.master, step.peer]) filled.add(slot)
  }
}

const FILLING: readonly string[] = ['open', 'open_tree', 'new_mount', 'adopt', 'connect', 'make_userns', 'open_pidfd']
