/** How tests of engines are written: like conformance tests, but skipped as a group when the engine is not installed. */

import { describe } from 'vitest'
import { inLab } from './in-lab.ts'
import type { Lab } from './lab.ts'
import { describeIf, needsPrograms, type Requirement } from './requirements.ts'
import { runtimeKind, runtimeRequirements } from './runtime.ts'

/** Declares one test; it gets a lab of its own, and nothing may be left of it afterwards. */
export type EngineTest = (name: string, test: (lab: Lab) => Promise<void>) => void

/** A group of tests of the engine, which drives the runtime under test.
 *  @param options.requires  what the group needs beside the engine's programs */
export function engineTests(
  engine: string,
  programs: readonly string[],
  body: (test: EngineTest) => void,
  options: { requires?: Requirement } = {},
): void {
  describe(`${engine} drives ${runtimeKind}`, () =>
    describeIf(engine, [...runtimeRequirements, needsPrograms(...programs), options.requires], () => body(inLab)))
}
