import type { Hooks } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { all, createInput, failure, only, ops, position, smallSpec, text } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { hookSteps } from './hooks.ts'

const context = (hooks: Hooks, more = {}): Parameters<typeof hookSteps>[1] => ({
  id: 'web',
  bundle: '/bundle',
  spec: smallSpec({ hooks, process: { env: ['SECRET=1', 'LD_PRELOAD=/evil.so'] }, annotations: { a: '"b"' }, ...more }),
})

describe('hookSteps()', () => {
  it('gives a hook exactly its own environment, also when it has none', () => {
    for (const kind of ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'] as const) {
      expect(hookSteps(kind, context({ [kind]: [{ path: '/h' }, { path: '/h', env: ['A=1'] }] })).map(({ env }) => env)).toEqual([
        [],
        ['A=1'],
      ])
    }
  })

  it("gives a startContainer hook without env the container's, inside the container", () => {
    const [inherited, own] = hookSteps('startContainer', context({ startContainer: [{ path: '/h' }, { path: '/h', env: [] }] }))
    expect(inherited?.env).toEqual(['SECRET=1', 'LD_PRELOAD=/evil.so'])
    expect(own?.env).toEqual([])
  })

  it('runs every hook in "/", never in the root file system of the container', () => {
    expect(hookSteps('prestart', context({ prestart: [{ path: '/h' }] }))[0]?.cwd).toBe('/')
  })

  it('passes the arguments as they are, and the path when there are none', () => {
    const steps = hookSteps(
      'poststop',
      context({
        poststop: [
          { path: '/h', args: ['name', ''] },
          { path: '/h', args: [] },
        ],
      }),
    )
    expect(steps.map(({ args }) => args)).toEqual([['name', ''], ['/h']])
  })

  it('turns seconds into milliseconds', () => {
    const steps = hookSteps('prestart', context({ prestart: [{ path: '/h', timeout: 3 }, { path: '/h' }] }))
    expect(steps.map(({ timeoutMs }) => timeoutMs)).toEqual([3000, 0])
  })

  it('leaves the place of the pid open in plans that make the process', () => {
    const [step] = hookSteps('createRuntime', context({ createRuntime: [{ path: '/h' }] }))
    const state = JSON.parse(`${text(step?.stateHead ?? new Uint8Array())}42${text(step?.stateTail ?? new Uint8Array())}`) as unknown
    expect(state).toEqual({ ociVersion: '1.2.0', id: 'web', status: 'creating', pid: 42, bundle: '/bundle', annotations: { a: '"b"' } })
  })

  it('writes a known pid into a whole document, and none when the process is gone', () => {
    const hooks = { poststart: [{ path: '/h' }], poststop: [{ path: '/h' }] }
    const [running] = hookSteps('poststart', { ...context(hooks), knownPid: 42 })
    expect(running?.stateTail).toHaveLength(0)
    expect(JSON.parse(text(running?.stateHead ?? new Uint8Array()))).toMatchObject({ status: 'running', pid: 42 })
    const [stopped] = hookSteps('poststop', { ...context(hooks), knownPid: 0 })
    expect(JSON.parse(text(stopped?.stateHead ?? new Uint8Array()))).not.toHaveProperty('pid')
  })

  it('refuses a relative path', () => {
    expect(failure(() => hookSteps('prestart', context({ prestart: [{ path: 'bin/h' }] })))).toMatchObject({
      pointer: '/hooks/prestart/0/path',
    })
  })
})

describe('compileCreatePlan() with hooks', () => {
  const hooks: Hooks = {
    prestart: [{ path: '/prestart' }],
    createRuntime: [{ path: '/createRuntime' }],
    createContainer: [{ path: '/createContainer' }],
    startContainer: [{ path: '/startContainer' }],
    poststart: [{ path: '/poststart' }],
    poststop: [{ path: '/poststop' }],
  }
  const plan = compileCreatePlan(createInput({ hooks, mounts: [{ destination: '/t', type: 'tmpfs' }] }, { mode: 'create' }))

  it('runs prestart and createRuntime on the host, in this order, while the container waits with everything mounted', () => {
    expect(all(plan.parent, 'hook').map(({ path }) => path)).toEqual(['/prestart', '/createRuntime'])
    const steps = ops(plan.parent)
    expect(steps.slice(steps.indexOf('hook') - 1, steps.lastIndexOf('hook') + 2)).toEqual(['wait', 'hook', 'hook', 'signal'])
    const told = plan.container.findIndex((step) => step.op === 'signal')
    expect(plan.container.findLastIndex(({ op }) => op === 'mknod' || op === 'symlink')).toBeLessThan(told)
    expect(plan.container[told + 1]?.op).toBe('wait')
  })

  it('runs createContainer hooks before the change of root and startContainer hooks after the gate', () => {
    const at = (path: string): number => position(plan.container, (step) => step.op === 'hook' && step.path === path)
    expect(at('/createContainer')).toBeLessThan(position(plan.container, ({ op }) => op === 'pivot_root'))
    expect(at('/startContainer')).toBeGreaterThan(position(plan.container, ({ op }) => op === 'gate'))
    expect(plan.container.slice(at('/startContainer') + 1).map(({ op }) => op)).toEqual(['exec'])
  })

  it('leaves poststart and poststop to the caller', () => {
    const paths = [...plan.parent, ...plan.container, ...plan.after].flatMap((step) => (step.op === 'hook' ? [step.path] : []))
    expect(paths).not.toContain('/poststart')
    expect(paths).not.toContain('/poststop')
  })

  it('attaches the root where hooks look for it, and over "/" when there are none', () => {
    expect(only(plan.container, 'attach_root').path).toBe('/bundle/rootfs')
    expect(only(compileCreatePlan(createInput({ hooks: { poststop: [{ path: '/h' }] } })).container, 'attach_root').path).toBe('')
  })

  it('does not synchronise for hooks that are not there', () => {
    expect(all(compileCreatePlan(createInput()).container, 'signal')).toEqual([])
  })
})
