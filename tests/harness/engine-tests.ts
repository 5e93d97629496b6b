/** How tests of engines are written: like conformance tests, but skipped as a group when the engine is not installed. */

import { describe, it } from 'vitest'
import { Lab } from './lab.ts'
import { describeIf, needsPrograms } from './requirements.ts'
import { runtimeKind, runtimeRequirements } from './runtime.ts'

/** Declares one test; it gets a lab of its own, and nothing may be left of it afterwards. */
export type EngineTest = (name: string, test: (lab: Lab) => Promise<void>) => void

/** A group of tests of the engine, which drives the runtime under test. */
export function engineTests(engine: string, programs: readonly string[], body: (test: EngineTest) => void): void {
  const test: EngineTest = (name, run) =>
    it(name, async () => {
      const lab = new Lab()
      let passed = false
      try {
        await run(lab)
        passed = true
      } finally {
        await lab.close({ check: passed })
      }
    })
  describe(`${engine} drives ${runtimeKind}`, () =>
    describeIf(engine, [...runtimeRequirements, needsPrograms(...programs)], () => body(test)))
}
