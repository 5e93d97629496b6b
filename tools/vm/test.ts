/**
 * The integration tests in a guest with a pure cgroup v2 hierarchy: `npm run test:vm [-- FILE...]`.
 *
 *   --short         only what differs between the cgroup layouts, as part of `npm test`
 *   --systemd       with systemd as process 1 of the guest; without FILE only what needs that
 *   --report=FILE   vitest's JSON report
 */

import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { skippedGroups, type TitledTest } from '../skips.ts'
import { bin, home } from '../step.ts'
import { runInGuest } from './guest.ts'
import { type Kernel, prepareKernel } from './kernel.ts'

/** What the layout of the cgroups decides: limits, device rules, freezing, removal, statistics. */
const SHORT = [
  'is the one of the config, in every hierarchy',
  'has the memory limits of the config',
  'has the CPU limits of the config',
  'has the process limit of the config',
  'is removed with everything that the container made below it',
  'a program that takes too much memory is killed',
  'changes limits by a resources document',
  '--stats prints one line of statistics',
  'goes from created through running and stopped to gone',
  'stop the processes and let them go on',
  'that no rule allows cannot be opened',
  'a rule may allow one of them',
]
const SHORT_FILES = ['cgroup', 'lifecycle', 'listing', 'filesystem'].map((name) => `tests/conformance/${name}.test.ts`)
const SYSTEMD_FILES = [
  'packages/container/test/systemd',
  'packages/container/test/integration/systemd-manager.test.ts',
  'tests/engines/podman-host.test.ts',
]
/** Software emulation is slow: tests may take this many times longer. */
const PATIENCE = 10
/** What the guest boots with `--systemd`: Debian's packages systemd and dbus. */
const SYSTEMD = ['/lib/systemd/systemd', '/usr/bin/dbus-daemon']
const SKIPPED = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 1, testResults: [] }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, systemd: { type: 'boolean', default: false }, report: { type: 'string' } },
})

/** The kernel for the guest, or why there can be none here. */
function prepare(): Kernel | string {
  if (process.arch !== 'x64') return 'the guest is for x86-64 only'
  if (process.getuid?.() !== 0) return 'the guest needs root to see all of the file system'
  if (values.systemd && !SYSTEMD.every((file) => existsSync(file))) return `needs ${SYSTEMD.join(' and ')}`
  try {
    execFileSync('qemu-system-x86_64', ['--version'], { stdio: 'ignore' })
    return prepareKernel()
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? 'no kernel'
  }
}

/** A skip says why; with REQUIRE_PRIVILEGED=1 it is a failure. */
function skip(reason: string): number {
  console.log(`guest: skipped: ${reason}`)
  if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(SKIPPED))
  return process.env['REQUIRE_PRIVILEGED'] === '1' ? 1 : 0
}

function skipsOf(report: string): string[] {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: { assertionResults: TitledTest[] }[] }
  return skippedGroups(testResults.flatMap(({ assertionResults }) => assertionResults))
}

async function test(kernel: Kernel): Promise<number> {
  const ours = values.short ? [...SHORT_FILES, '--testNamePattern', SHORT.join('|')] : values.systemd ? SYSTEMD_FILES : []
  const files = positionals.length > 0 ? positionals : ours
  const outputDir = mkdtempSync(join(tmpdir(), 'teu-guest-report-'))
  const names = ['TEU_TEST_RUNTIME', 'REQUIRE_PRIVILEGED'].filter((name) => process.env[name] !== undefined)
  try {
    const reporters = ['--reporter=default', '--reporter=json', '--outputFile.json=/run/job/out/report.json']
    const times = [`--testTimeout=${60_000 * PATIENCE}`, `--hookTimeout=${60_000 * PATIENCE}`]
    const status = await runInGuest([bin('vitest'), 'run', '--project', 'integration', ...reporters, ...times, ...files], {
      kernel,
      systemd: values.systemd,
      timeoutMs: (values.short ? 10 : 120) * 60_000,
      cwd: home,
      env: {
        TEU_TEST_PATIENCE: String(PATIENCE),
        NO_COLOR: '1',
        ...Object.fromEntries(names.map((name) => [name, process.env[name] ?? ''])),
      },
      outputDir,
    })
    const report = join(outputDir, 'report.json')
    if (!existsSync(report)) return status
    // In a selection by name, the tests that were not asked for count as skipped.
    if (!values.short) for (const line of skipsOf(report)) console.log(`skipped: ${line}`)
    if (values.report !== undefined) copyFileSync(report, values.report)
    return status
  } finally {
    rmSync(outputDir, { recursive: true })
  }
}

const kernel = prepare()
process.exitCode = typeof kernel === 'string' ? skip(kernel) : await test(kernel)
