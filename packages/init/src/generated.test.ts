import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { generateSteps } from '../tools/generate-steps.ts'
import { computeSchema } from './schema.ts'
import { STEPS_SCHEMA } from './schema.gen.ts'
import { FRAMES, STAGES, STEPS, SYSCALLS } from './steps.ts'

describe('step table', () => {
  it('is what the generated files were made from', () => {
    for (const [path, text] of generateSteps()) {
      expect(
        readFileSync(new URL(`../${path}`, import.meta.url), 'utf8') === text,
        `${path} is out of date: run tools/generate-steps.ts`,
      ).toBe(true)
    }
    expect(STEPS_SCHEMA).toBe(computeSchema())
  })

  it('has no number twice', () => {
    const ops = Object.values(STEPS).map((step) => step.op)
    expect(new Set(ops).size).toBe(ops.length)
    for (const numbers of [Object.values(FRAMES), Object.values(STAGES), SYSCALLS])
      expect(new Set<unknown>(numbers).size).toBe(numbers.length)
  })

  it('numbers frames and stages without a gap, in their order', () => {
    expect(Object.values(FRAMES)).toEqual(Object.keys(FRAMES).map((_, index) => index + 1))
    expect(Object.values(STAGES)).toEqual(Object.keys(STAGES).map((_, index) => index))
  })
})
