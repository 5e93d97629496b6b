/** Tests that get a lab of their own, and must leave nothing of it. */

import { it } from 'vitest'
import { Lab } from './lab.ts'

/** Runs a test in a new lab; what it leaves is looked for only when it has passed. */
export async function withLab(test: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab()
  let passed = false
  try {
    await test(lab)
    passed = true
  } finally {
    await lab.close({ check: passed })
  }
}

/** Declares a test with a lab. */
export function inLab(name: string, test: (lab: Lab) => Promise<void>): void {
  it(name, () => withLab(test))
}
