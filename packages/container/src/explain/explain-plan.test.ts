import type { Plan } from '@teu/init'
import { describe, expect, it } from 'vitest'
import { createInput, everyStep, execInput, rootHost } from '../../test/support/plan-input.ts'
import { compileCreatePlan } from '../plan/create.ts'
import { compileExecPlan } from '../plan/exec.ts'
import { explainPlan } from './explain-plan.ts'

const plan = (process = {}, more = {}): Plan =>
  compileCreatePlan(createInput({ process, ...more }, { seccomp: { program: new Uint8Array(24), flags: 0 } }))
const json = (
  of: Plan,
  showEnv = false,
): Record<string, { index: number; op: string; text: string; systemCalls: string[]; fields: Record<string, unknown> }[]> =>
  JSON.parse(explainPlan(of, { format: 'json', showEnv })) as never

describe('explainPlan() as text', () => {
  it('tells every step once, numbered over all stages, with system calls and the place in the config', () => {
    const mounts = [{ destination: '/data', type: 'bind', source: '/srv/data', options: ['rbind', 'ro', 'nosuid'] }]
    const of = plan({}, { mounts })
    const lines = explainPlan(of).split('\n')
    const numbers = lines.flatMap((line) => /^ +(\d+) {2}/.exec(line)?.[1] ?? [])
    expect(numbers).toEqual(everyStep(of).map((_, index) => String(index)))
    expect(lines).toContainEqual(
      expect.stringMatching(/Clone the mount at \/srv\/data with everything below it {2}\[open_tree\] {2}\/mounts\/0\/source$/),
    )
    expect(lines).toContainEqual(expect.stringMatching(/Make the clone of \/srv\/data ro nosuid {2}\[mount_setattr\] {2}\/mounts\/0$/))
    expect(lines).toContainEqual(
      expect.stringMatching(/Attach the clone of \/srv\/data on \/data in the root file system .*\[openat2 move_mount\]/),
    )
  })

  it('groups by stage and leaves out stages without steps', () => {
    expect(
      explainPlan(plan())
        .split('\n')
        .filter((line) => /^\S/.test(line)),
    ).toEqual(['Beside the container: on the host, as the caller', 'In the container: the process that becomes the program'])
    expect(explainPlan(compileExecPlan(execInput()))).toContain('On the way in')
  })

  it('shows names of environment variables, and values only on request', () => {
    const of = plan({ env: ['TOKEN=secret', 'EMPTY='] })
    expect(explainPlan(of)).toContain('TOKEN=…')
    expect(explainPlan(of)).not.toContain('secret')
    expect(explainPlan(of, { showEnv: true })).toContain('TOKEN=secret')
  })

  it('lets no control character of a value reach the terminal', () => {
    const text = explainPlan(plan({ args: ['/bin/\u001b[31mred', 'a\nb', '\u202eevil'] }))
    expect(['\u001b', '\u202e'].filter((character) => text.includes(character))).toEqual([])
    expect(text).toContain('"a\\nb"')
    expect(text).toContain('\\u{1b}')
  })

  it('has words for capabilities, limits and namespaces', () => {
    const text = explainPlan(
      plan({ capabilities: { bounding: ['CAP_KILL', 'CAP_CHOWN'] }, rlimits: [{ type: 'RLIMIT_CORE', soft: 0, hard: 2n ** 64n - 1n }] }),
    )
    expect(text).toContain('Limit capabilities for ever to: CHOWN KILL')
    expect(text).toContain('Limit RLIMIT_CORE to 0 (hard unlimited)')
    expect(text).toContain('in new namespaces: pid, network, mount, ipc, uts')
    expect(text).toContain('Install the system call filter (3 instructions)')
  })

  it('is empty for an empty plan', () => {
    expect(explainPlan({ parent: [], joiner: [], container: [], after: [] })).toBe('\n')
  })
})

describe('explainPlan() as JSON', () => {
  it('has all fields of every step', () => {
    const stages = json(plan())
    expect(Object.keys(stages)).toEqual(['parent', 'joiner', 'container', 'after'])
    const clone = stages['parent']?.find(({ op }) => op === 'clone')
    expect(clone).toMatchObject({ pointer: '/linux/namespaces', systemCalls: ['clone3'], fields: { cgroup: -1 } })
    expect(
      Object.values(stages)
        .flat()
        .map(({ index }) => index),
    ).toEqual(everyStep(plan()).map((_, index) => index))
  })

  it('shows written text as text, and other bytes by length and hash', () => {
    const stages = json(plan({ oomScoreAdj: 7 }))
    expect(stages['parent']?.find(({ op }) => op === 'write_child')?.fields['data']).toEqual({ length: 1, text: '7' })
    expect(stages['container']?.find(({ op }) => op === 'seccomp')?.fields['program']).toEqual({
      length: 24,
      sha256: '9d908ecfb6b256def8b49a7c504e6c889c4b0e41fe6ce3e01863dd7b61a20aa0',
    })
  })

  it('keeps 64-bit values exact and secrets out', () => {
    const of = compileCreatePlan(
      createInput(
        { process: { env: ['A=secret'], rlimits: [{ type: 'RLIMIT_CORE', soft: 1, hard: 2n ** 64n - 1n }] } },
        { host: rootHost() },
      ),
    )
    const stages = json(of)
    expect(stages['parent']?.find(({ op }) => op === 'rlimit')?.fields).toEqual({ resource: 4, soft: 1, hard: '18446744073709551615' })
    expect(JSON.stringify(stages)).not.toContain('secret')
    expect(JSON.stringify(json(of, true))).toContain('secret')
  })
})
