/** Tests that get a lab of their own, and must leave nothing of it. */

import { it } from 'vitest'
import { Lab } from './lab.ts'

/** Runs a test in a new lab; what it leaves is looked for only when it has passed. */
export async function withLab(test: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = new Lab()
  try {
    await test(lab)
  } catch (error) {
    // What also goes wrong while clearing away must not hide the failure; it is shown with it.
    await lab.close({ check: false }).catch((second: unknown) => Object.assign(error as Error, { whileClearingAway: second }))
    throw error
  }
  await lab.close({ check: true })
}

/** Declares a test with a lab. */
export function inLab(name: string, test: (lab: Lab) => Promise<void>): void {
  it(name, () => withLab(test))
}
