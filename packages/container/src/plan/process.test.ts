import { describe, expect, it } from 'vitest'
import { all, createInput, execInput, only, ops, position, text } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from './create.ts'
import { compileExecPlan } from './exec.ts'
import { planAttributes, planRlimits } from './process.ts'
import { environment, programCandidates } from './program.ts'

const UNLIMITED = 2n ** 64n - 1n

describe('planRlimits()', () => {
  it('has the parent set limits, which can raise them, with exact 64-bit values', () => {
    const { parent, container } = planRlimits([{ type: 'RLIMIT_CORE', soft: UNLIMITED, hard: UNLIMITED }], 10)
    expect(parent).toEqual([{ op: 'rlimit', resource: 4, soft: UNLIMITED, hard: UNLIMITED, pointer: '/process/rlimits/0' }])
    expect(container).toEqual([])
  })

  it('leaves values that would stop the set-up to the process itself, as one of its last acts', () => {
    const { parent, container } = planRlimits(
      [
        { type: 'RLIMIT_NOFILE', soft: 16, hard: 16 },
        { type: 'RLIMIT_FSIZE', soft: 0, hard: UNLIMITED },
      ],
      10,
    )
    expect(parent).toEqual([expect.objectContaining({ resource: 1, soft: UNLIMITED, hard: UNLIMITED })])
    expect(container).toEqual([
      expect.objectContaining({ resource: 7, soft: 16, hard: 16 }),
      expect.objectContaining({ resource: 1, soft: 0, hard: UNLIMITED }),
    ])
  })

  it('knows how many descriptors a plan needs', () => {
    const limit = [{ type: 'RLIMIT_NOFILE', soft: 256, hard: 256 }]
    expect(planRlimits(limit, 100).parent).toHaveLength(1)
    expect(planRlimits(limit, 300).parent).toHaveLength(0)
  })

  it('lowers limits before capabilities are dropped', () => {
    const { container } = compileCreatePlan(createInput({ process: { rlimits: [{ type: 'RLIMIT_NPROC', soft: 5, hard: 5 }] } }))
    expect(ops(container).indexOf('rlimit')).toBeLessThan(ops(container).indexOf('bounding_caps'))
    expect(ops(container).indexOf('rlimit')).toBeGreaterThan(ops(container).indexOf('pivot_root'))
  })
})

describe('planAttributes()', () => {
  it('translates scheduler, I/O priority, memory policy and personality to the numbers of the kernel', () => {
    const steps = planAttributes(
      {
        scheduler: {
          policy: 'SCHED_DEADLINE',
          runtime: 10_000_000n,
          deadline: 2n ** 60n,
          flags: ['SCHED_FLAG_RECLAIM', 'SCHED_FLAG_RESET_ON_FORK'],
        },
        ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 },
      },
      { memoryPolicy: { mode: 'MPOL_INTERLEAVE', nodes: '0-1', flags: ['MPOL_F_STATIC_NODES'] }, personality: { domain: 'LINUX32' } },
    )
    expect(steps).toEqual([
      expect.objectContaining({ op: 'scheduler', policy: 6, flags: 3, runtimeNs: 10_000_000n, deadlineNs: 2n ** 60n, periodNs: 0 }),
      expect.objectContaining({ op: 'io_priority', priority: (2 << 13) | 4 }),
      expect.objectContaining({ op: 'memory_policy', mode: 3 | (1 << 15), nodes: new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]) }),
      expect.objectContaining({ op: 'personality', persona: 8 }),
    ])
  })

  it('is the same for a process that joins', () => {
    const linux = { personality: { domain: 'LINUX32' as const } }
    expect(ops(compileExecPlan(execInput({ linux })).container)).toContain('personality')
  })
})

describe('planOomScore()', () => {
  it('writes the score from outside, before the process goes on', () => {
    const { parent } = compileCreatePlan(createInput({ process: { oomScoreAdj: -500 } }))
    expect(text(only(parent, 'write_child').data)).toBe('-500')
    expect(position(parent, ({ op }) => op === 'write_child')).toBeLessThan(position(parent, ({ op }) => op === 'signal'))
    expect(all(compileCreatePlan(createInput()).parent, 'write_child')).toEqual([])
  })
})

describe('programCandidates()', () => {
  it('searches a bare name in the PATH of the container, never in the working directory', () => {
    expect(programCandidates({ args: ['sh'], env: ['PATH=/a::bin:.:/b/:/'] })).toEqual(['/a/sh', '/b//sh', '/sh'])
  })

  it('takes a name with a slash as it is', () => {
    expect(programCandidates({ args: ['./run'], env: ['PATH=/a'] })).toEqual(['./run'])
    expect(programCandidates({ args: ['/bin/sh'] })).toEqual(['/bin/sh'])
  })

  it('has a default PATH, and uses the last of several', () => {
    expect(programCandidates({ args: ['sh'] })).toContain('/usr/bin/sh')
    expect(programCandidates({ args: ['sh'], env: ['PATH=/a', 'PATH=/b'] })).toEqual(['/b/sh'])
  })

  it('has nowhere to look with an empty PATH', () => {
    expect(programCandidates({ args: ['sh'], env: ['PATH='] })).toEqual([])
  })
})

describe('environment()', () => {
  it('is the list of the config, byte for byte and in order', () => {
    const env = ['B=2\n3', 'A=1', 'A=2', 'FLAG', '=x', '']
    expect(environment(env, {})).toBe(env)
    expect(only(compileCreatePlan(createInput({ process: { env } })).container, 'exec').env).toEqual(env)
  })

  it('replaces what the runtime itself has to say about sockets', () => {
    const env = ['LISTEN_FDS=9', 'LISTEN_PID=7', 'NOTIFY_SOCKET=/host', 'LISTEN_FDNAMES=kept', 'X=1']
    expect(environment(env, { notifySocket: '/run/notify/notify.sock', listenFds: { count: 2 } })).toEqual([
      'LISTEN_FDNAMES=kept',
      'X=1',
      'NOTIFY_SOCKET=/run/notify/notify.sock',
      'LISTEN_FDS=2',
    ])
    expect(environment(env, { listenFds: { count: 1, names: 'a' } })).toContain('LISTEN_FDNAMES=a')
  })
})
