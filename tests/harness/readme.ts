/** The programs of documentation pages, run as tests: each must print what its comments say. */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { home } from './native.ts'
import { patience } from './wait.ts'

const TIMEOUT_MS = 60_000
const TSX = join(home, 'node_modules/tsx/dist/loader.mjs')
const BUN = join(home, 'node_modules/@oven/bun-linux-x64/bin/bun')
const SOURCE = '--conditions=@teu/source'

/** What runs a program: a command line that takes its file. */
export interface Engine {
  readonly name: string
  readonly command: readonly string[]
}

/** Node with the packages as they are built. */
export const nodeWithPackages: Engine = { name: 'Node', command: [process.execPath, '--import', TSX] }

/** Node and Bun, where it is installed, with the packages' source. */
export const sourceEngines: readonly Engine[] = [
  { name: 'Node', command: [process.execPath, SOURCE, '--import', TSX] },
  ...(existsSync(BUN) ? [{ name: 'Bun', command: [BUN, SOURCE] }] : []),
]

/** The programs of a page: its code blocks of TypeScript.
 *  @param path  from the project's directory */
export function programsOf(path: string): string[] {
  return [...readFileSync(join(home, path), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
}

/** How to run a program. */
export interface ProgramOptions {
  /** The project's directory when absent. */
  readonly cwd?: string
  /** Beside this process's. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program; rejects when it fails, and when something that stands behind a `console.log` was not printed. */
export async function expectProgram(engine: Engine, code: string, { cwd = home, env = {} }: ProgramOptions = {}): Promise<void> {
  const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text = '']) => text)
  expect(promised.length, 'a program without a result shows nothing').toBeGreaterThan(0)
  // Within the project, so that packages are found.
  mkdirSync(join(home, 'build'), { recursive: true })
  const dir = mkdtempSync(join(home, 'build', 'readme-'))
  try {
    const file = join(dir, 'program.mts')
    writeFileSync(file, code)
    const [program = '', ...args] = engine.command
    const { stdout } = await promisify(execFile)(program, [...args, file], {
      cwd,
      env: { ...process.env, ...env },
      timeout: TIMEOUT_MS * patience,
    })
    for (const text of promised) expect(stdout).toContain(text)
  } finally {
    rmSync(dir, { recursive: true })
  }
}
