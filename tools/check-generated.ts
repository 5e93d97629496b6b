/** Generated files are committed; running their generators again must not change them. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFiles } from './project-files.ts'
import { home, run, script } from './step.ts'

const fingerprint = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(join(home, file)))
    .digest('hex')

/** Runs every `packages/<name>/tools/generate-<what>.ts` and resolves with 1 when a `*.gen.*` file became another. */
export async function checkGenerated(): Promise<number> {
  const generated = (): string[] => projectFiles().filter((file) => /\.gen\.\w+$/.test(file))
  const before = new Map(generated().map((file) => [file, fingerprint(file)]))
  for (const generator of projectFiles().filter((file) => /^packages\/\w+\/tools\/generate-[\w-]+\.ts$/.test(file))) {
    const status = await run(script(generator))
    if (status !== 0) return status
  }
  const changed = generated().filter((file) => before.get(file) !== fingerprint(file))
  for (const file of changed) console.error(`  ${file} was out of date; it has been written again, commit it`)
  return changed.length === 0 ? 0 : 1
}
