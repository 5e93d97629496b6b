/** The checks that `npm run check` and `npm test` have in common. */

import { checkDocs } from './check-docs.ts'
import { checkGenerated } from './check-generated.ts'
import { checkHouse } from './check-house.ts'
import { bin, run, type Step } from './step.ts'

/** Prints findings and turns them into an exit status. */
const report = (check: () => string[]) => (): number => {
  const findings = check()
  for (const finding of findings) console.error(`  ${finding}`)
  return findings.length === 0 ? 0 : 1
}

/** Everything but the tests. */
export const checks: readonly Step[] = [
  { name: 'lock file complete', run: [process.execPath, 'tools/complete-lock.mjs', '--check'] },
  { name: 'format', run: [bin('biome'), 'format', '.'] },
  { name: 'lint', run: [bin('oxlint'), '--type-aware'] },
  { name: 'types', run: [bin('tsc'), '-b'] },
  { name: 'generated files', run: checkGenerated },
  { name: 'house rules', run: report(checkHouse) },
  { name: 'documents', run: report(checkDocs) },
]

/** The unit tests; `outputFile` gets vitest's JSON report. */
export function unitTests(outputFile?: string): Step {
  return { name: 'unit tests', run: () => vitest('unit', outputFile) }
}

/** One vitest project; the JSON report goes to `outputFile` when given. */
export function vitest(project: string, outputFile?: string, files: readonly string[] = []): Promise<number> {
  const reporters = outputFile === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`]
  return run([bin('vitest'), 'run', '--project', project, '--passWithNoTests', ...reporters, ...files])
}
