/** How conformance tests are written: `group('exec', (conforms) => { conforms('joins the namespaces', async (lab) => { … }) })`. */

import { describe, expect, it } from 'vitest'
import { withLab } from '../harness/in-lab.ts'
import type { Lab } from '../harness/lab.ts'
import { describeIf, type Requirement } from '../harness/requirements.ts'
import { runtimeKind, runtimeRequirements } from '../harness/runtime.ts'
import { knownDifferences } from './known-differences.ts'

/** Declares one test; it gets a lab of its own, and nothing may be left of it afterwards. */
export type Conforms = (name: string, test: (lab: Lab) => Promise<void>, options?: { requires?: Requirement }) => void

/** A test that is known to fail with this runtime: it must fail, so that the list can only shrink. */
async function differs(test: (lab: Lab) => Promise<void>, name: string, reason: string): Promise<void> {
  const failed = await withLab(test).then(
    () => false,
    () => true,
  )
  if (!reason.startsWith('sometimes'))
    expect(failed, `"${name}" passes with ${runtimeKind} now: take it off the list of known differences`).toBe(true)
}

/** A group of tests; their names in the list of known differences are `group: name`. */
export function group(title: string, body: (conforms: Conforms) => void): void {
  const known = knownDifferences[runtimeKind]
  const conforms: Conforms = (name, test, options = {}) => {
    const full = `${title}: ${name}`
    const difference = known[full]
    if (options.requires !== undefined) {
      describeIf(name, [options.requires], () => it('runs', () => withLab(test)))
    } else if (difference === undefined) {
      it(name, () => withLab(test))
    } else {
      it(`${name} (differs: ${difference})`, () => differs(test, full, difference))
    }
  }
  describe(runtimeKind, () => describeIf(title, runtimeRequirements, () => body(conforms)))
}
