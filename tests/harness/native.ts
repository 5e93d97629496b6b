/** C programs of the tests, compiled when they are first needed and kept in `build/tests/` under a name with their content's hash. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const home: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const compiled = new Map<string, string>()

function compile(name: string, sources: readonly string[], headers: readonly string[]): string {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const file of [...sources, ...headers]) hash.update(readFileSync(file))
  const output = join(home, 'build/tests', `${name}-${hash.digest('hex').slice(0, 16)}`)
  if (!existsSync(output)) {
    mkdirSync(dirname(output), { recursive: true })
    const temporary = `${output}.${process.pid}`
    execFileSync('gcc', ['-std=gnu11', '-O2', '-static', '-Wall', '-Wextra', '-Werror', '-o', temporary, ...sources], { stdio: 'pipe' })
    renameSync(temporary, output)
  }
  compiled.set(name, output)
  return output
}

/** The static program that runs inside containers and prints facts as JSON (tests/probe). */
export function probeBinary(): string {
  const dir = join(home, 'tests/probe')
  const files = readdirSync(dir).sort()
  const withEnding = (ending: string): string[] => files.filter((file) => file.endsWith(ending)).map((file) => join(dir, file))
  return compile('probe', withEnding('.c'), withEnding('.h'))
}

/** A program of tests/native: `receive-fd`, `receive-datagrams`, `subreaper`. */
export function nativeBinary(name: string): string {
  return compile(name, [join(home, 'tests/native', `${name}.c`)], [])
}
