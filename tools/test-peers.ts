/**
 * `npm run test:peers [-- FILE...]`: the conformance tests against Debian's runc and crun, which they must pass before they may
 * accuse teu-oci. crun refuses the hybrid cgroup layout, so it gets a mount namespace in which the v2 half is not there (but an
 * empty tmpfs is, since crun makes directories in that place all the same).
 */

import { existsSync } from 'node:fs'
import { bin, run, runSteps } from './step.ts'

const UNIFIED = '/sys/fs/cgroup/unified'

/** Wraps a command so that it sees a v1-only layout on a hybrid host. */
const withoutUnified = (command: readonly string[]): string[] =>
  existsSync(UNIFIED)
    ? ['unshare', '--mount', 'sh', '-c', `umount ${UNIFIED} && mount -t tmpfs none ${UNIFIED} && exec "$@"`, 'sh', ...command]
    : [...command]

const asked = process.argv.slice(2)
const files = asked.length > 0 ? asked : ['tests/conformance']
const vitest = [bin('vitest'), 'run', '--project', 'integration', ...files]
const failed = await runSteps([
  { name: 'runc', run: () => run(vitest, { TEU_TEST_RUNTIME: '/usr/sbin/runc' }) },
  { name: 'crun', run: () => run(withoutUnified(vitest), { TEU_TEST_RUNTIME: '/usr/bin/crun' }) },
])
process.exitCode = failed.length === 0 ? 0 : 1
