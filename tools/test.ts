/**
 * `npm test`: build, checks, unit tests, integration tests on this machine, and a short part of them in a guest with pure cgroup v2.
 * The last line is `N passed, N failed`; the exit status is 0 only when nothing failed.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks, vitest } from './checks.ts'
import { skippedGroups, type TitledTest } from './skips.ts'
import { run, runSteps, script } from './step.ts'

interface Tally {
  passed: number
  failed: number
  skipped: number
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
const skips: string[] = []

function count(failed: readonly string[], steps: number): void {
  total.passed += steps - failed.length
  total.failed += failed.length
  failures.push(...failed)
}

/** The part of vitest's JSON report that is needed here. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly (TitledTest & { readonly fullName: string })[]
  }[]
}

function read(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  } catch {
    return undefined
  }
}

/** Adds a vitest run to the totals; a run without a report, or a file that did not load, is a failure too. */
function countReport(name: string, file: string, status: number, options: { selection?: boolean } = {}): void {
  const report = read(file)
  if (report === undefined) return count([`${name} (no report)`], 1)
  total.passed += report.numPassedTests
  // In a selection by name, the tests that were not asked for count as pending.
  if (options.selection !== true) {
    total.skipped += report.numPendingTests
    skips.push(...skippedGroups(report.testResults.flatMap((result) => result.assertionResults)))
  }
  const failed = report.testResults.flatMap((result) => {
    const tests = result.assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName)
    return tests.length === 0 && result.status === 'failed' ? [`${result.name}: ${result.message.split('\n')[0]}`] : tests
  })
  if (status !== 0 && failed.length === 0) failed.push(`${name} (exit status ${status})`)
  total.failed += failed.length
  failures.push(...failed)
}

const reports = mkdtempSync(join(tmpdir(), 'teu-test-'))
try {
  const built = await runSteps([{ name: 'build', run: script('tools/build.ts') }])
  count(built, 1)
  count(await runSteps(checks), checks.length)
  for (const project of ['unit', 'integration']) {
    const report = join(reports, `${project}.json`)
    countReport(`${project} tests`, report, await vitest(project, report))
  }
  const report = join(reports, 'vm.json')
  const status = await run(script('tools/vm/test.ts', '--short', `--report=${report}`))
  countReport('tests in the guest', report, status, { selection: true })
} finally {
  rmSync(reports, { recursive: true })
}

for (const skip of skips) console.log(`skipped: ${skip}`)
for (const failure of failures) console.log(`failed: ${failure}`)
if (total.skipped > 0) console.log(`${total.skipped} skipped`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
