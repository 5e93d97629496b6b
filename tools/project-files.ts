/** The files of the project: tracked by git, or new and not ignored. */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { home } from './step.ts'

/** Paths relative to the project's folder, sorted. */
export function projectFiles(): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: home, encoding: 'utf8' })
  return [...new Set(output.split('\0'))].filter((file) => file !== '' && existsSync(join(home, file))).sort()
}
