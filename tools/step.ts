/** Running the steps of a build or a check one after the other, each with its time, and naming the ones that failed. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const home: string = dirname(dirname(fileURLToPath(import.meta.url)))

/** A program of node_modules/.bin. */
export const bin = (name: string): string => join(home, 'node_modules/.bin', name)

/** Runs a TypeScript file of the project in Node, with workspace packages taken from their source. */
export const script = (file: string, ...args: string[]): string[] => [
  process.execPath,
  '--conditions=@teu/source',
  '--import',
  'tsx',
  join(home, file),
  ...args,
]

/** Runs a command in the project's folder and resolves with its exit status; 128 + n when signal n ended it. */
export async function run(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const [file = '', ...args] = command
  const child = spawn(file, args, { cwd: home, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? (signal === null ? 1 : 128)
}

export interface Step {
  readonly name: string
  /** A command, or a function that resolves with an exit status. */
  readonly run: readonly string[] | (() => number | Promise<number>)
}

/** Runs all steps in order, also after a failure, and returns the names of those that failed. */
export async function runSteps(steps: readonly Step[], options: { stopAtFailure?: boolean } = {}): Promise<string[]> {
  const failed: string[] = []
  for (const step of steps) {
    const start = performance.now()
    const status = typeof step.run === 'function' ? await step.run() : await run(step.run)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)`)
    if (status !== 0) {
      failed.push(step.name)
      if (options.stopAtFailure === true) break
    }
  }
  return failed
}
