import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { patience } from '../../../../tests/harness/wait.ts'
import { encodePipeRequest, encodePlan, type Plan, STEPS, type Step, type StepName } from '../../src/index.ts'
import type { FieldType } from '../../src/steps.ts'
import { buildInit } from '../../tools/build.ts'
import { CLONE, exec, hook, scratch, supervise, supervised } from './driver.ts'

/** How many mutated requests; the same for the same seed. */
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 20_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)

const samples: Record<FieldType, (i: number) => unknown> = {
  u32: (i) => i * 7919,
  i32: (i) => -i,
  u64: (i) => 2n ** 63n + BigInt(i),
  bool: (i) => i % 2 === 0,
  slot: (i) => (i % 5) - 1,
  str: (i) => '/a/path/é'.repeat(i % 4),
  bytes: (i) => new Uint8Array(i % 9).fill(i),
  strs: (i) => Array.from({ length: i % 4 }, (_, n) => 'x'.repeat(n)),
  u32s: (i) => Array.from({ length: i % 5 }, (_, n) => n),
}

/** One step of each kind, with values of many sizes. */
function everyStep(): Step[] {
  return (Object.keys(STEPS) as StepName[]).map((op, i) => {
    const fields = Object.entries(STEPS[op].fields) as [string, FieldType][]
    return { op, ...Object.fromEntries(fields.map(([name, type], n) => [name, samples[type](i + n)])) } as unknown as Step
  })
}

/** Requests that are right: what is mutated. */
function corpus(): Uint8Array[] {
  const nowhere = new Set<string>(['clone', 'supervise', 'detach', 'exec', 'gate', 'signal', 'wait'])
  const steps = everyStep()
  const anywhere = steps.filter((step) => !nowhere.has(step.op))
  const plans: Plan[] = [
    { parent: [], joiner: [], container: [], after: [] },
    { parent: anywhere, joiner: [], container: [], after: anywhere },
    {
      parent: [CLONE, supervise()],
      joiner: anywhere.slice(0, 9),
      container: [...anywhere, ...exec('/bin/true')],
      after: anywhere.slice(0, 5),
    },
    {
      joiner: [],
      after: [],
      container: exec('/bin/true'),
      parent: [hook('true'), CLONE, { op: 'signal', n: 1 }, { op: 'wait', n: 2 }, { op: 'detach' }],
    },
    { parent: [], joiner: [], container: [], after: [], ...supervised(exec('/bin/true')) },
  ]
  const requests = plans.map((plan, tag) => encodePlan(plan, { tag, trace: tag % 2 === 0 }))
  return [...requests, encodePipeRequest({ tag: 1, slot: 3, containerReads: true, path: '/run/teu/fifo' })]
}

describe('decoder of requests', () => {
  let harness = ''
  beforeAll(() => {
    harness = buildInit({ sanitize: true }).find((path) => path.endsWith('decode-harness')) ?? ''
  }, 180_000 * patience)

  it(`reads ${COUNT} mutated requests without touching memory that is not theirs`, () => {
    using dir = scratch()
    writeFileSync(`${dir.path}/corpus`, Buffer.concat(corpus()))
    const begin = Date.now()
    const said = execFileSync(harness, [`${dir.path}/corpus`, String(COUNT), String(SEED)], {
      encoding: 'utf8',
      timeout: 600_000 * patience,
    })
    process.stdout.write(`decoder: ${said.trim()} in ${Date.now() - begin} ms\n`)
    const [, accepted, refused] = /^(\d+) accepted, (\d+) refused/.exec(said) ?? []
    expect(Number(accepted) + Number(refused)).toBe(COUNT)
    // both happen, or the mutations would not test much
    expect(Number(accepted)).toBeGreaterThan(COUNT / 50)
    expect(Number(refused)).toBeGreaterThan(COUNT / 2)
  })
})
