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

const BUILT = join(home, 'dist/teu')

export const PROGRAMS: readonly TeuProgram[] = [
  {
    name: 'from source',
    line: [
      process.execPath,
      '--conditions=@teu/source',
      '--import',
      join(home, 'node_modules/tsx/dist/loader.mjs'),
      join(home, 'packages/teu/src/bin/teu.ts'),
    ],
    missing: undefined,
  },
  { name: 'as built', line: [BUILT], missing: existsSync(BUILT) ? undefined : `needs ${BUILT}: npm run build` },
]

/** Words as one line for a shell. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}
