/** The ways in which `teu` is run. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { home } from '../../../../tests/harness/native.ts'
import type { Requirement } from '../../../../tests/harness/requirements.ts'

/** One way: the beginning of its command line. */
export interface TeuProgram {
  readonly name: string
  readonly line: readonly string[]
  readonly missing: Requirement
}

const packaged = join(home, 'packages/teu/dist/bin/teu.js')
const executable = join(home, 'dist/teu')
const needsBuild = (file: string): Requirement => (existsSync(file) ? undefined : `needs ${file}: npm run build`)

/** The package, as people install it. */
export const nodeProgram: TeuProgram = { name: 'on Node', line: [process.execPath, packaged], missing: needsBuild(packaged) }

export const PROGRAMS: readonly TeuProgram[] = [
  nodeProgram,
  { name: 'as an executable', line: [executable], missing: needsBuild(executable) },
]

/** Words as one line for a shell. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}
