/** What a test needs of the machine. A test that cannot run says why; with REQUIRE_PRIVILEGED=1 that is a failure. */

import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'

/** Undefined when the need is met, else the reason why not. */
export type Requirement = string | undefined

const SEARCH = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']

/** Absolute path of a program, also in the directories that an ordinary PATH leaves out. */
export function which(program: string): string | undefined {
  return SEARCH.map((dir) => join(dir, program)).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Root in the initial user namespace. */
export const needsRoot: Requirement = process.getuid?.() === 0 ? undefined : 'needs root'

/** Systemd as process 1, and its bus. */
export const needsSystemd: Requirement = ['/run/systemd/system', '/run/dbus/system_bus_socket'].every((path) => existsSync(path))
  ? undefined
  : 'needs systemd as process 1'

/** Programs that must be installed. */
export function needsPrograms(...programs: readonly string[]): Requirement {
  const missing = programs.filter((program) => which(program) === undefined)
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`
}

/** A `describe` that is skipped, and says why, unless every requirement is met. */
export function describeIf(name: string, requirements: readonly Requirement[], body: () => void): void {
  const reason = requirements.find((one) => one !== undefined)
  if (reason === undefined) {
    describe(name, body)
  } else if (process.env['REQUIRE_PRIVILEGED'] === '1') {
    describe(name, () => {
      it('can run', () => {
        throw new Error(`cannot be skipped with REQUIRE_PRIVILEGED=1: ${reason}`)
      })
    })
  } else {
    describe.skip(`${name} (skipped: ${reason})`, body)
  }
}
