/** Tests that run once with runc and once with teu-oci. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'vitest'
import { home } from '../../../../tests/harness/native.ts'
import { describeIf, needsPrograms, needsRoot, which, type Requirement } from '../../../../tests/harness/requirements.ts'
import { patience } from '../../../../tests/harness/wait.ts'
import { withDaemon, type Daemon } from './daemon.ts'

const DEFAULT_TIMEOUT_MS = 60_000 * patience
const TEU_OCI = join(home, 'dist/teu-oci')

/** What every test with a daemon needs. */
export const daemonRequirements: readonly Requirement[] = [
  needsRoot,
  needsPrograms('containerd', 'containerd-shim-runc-v2', 'busybox', 'mkfifo', 'runc'),
]

/** runc of the distribution. */
export const runc: string = which('runc') ?? 'runc'

const RUNTIMES: readonly { readonly name: string; readonly path: string; readonly missing: Requirement }[] = [
  { name: 'runc', path: runc, missing: undefined },
  { name: 'teu-oci', path: TEU_OCI, missing: existsSync(TEU_OCI) ? undefined : `needs ${TEU_OCI}: npm run build` },
]

/** Declares one test; it gets a daemon of its own. */
export type DaemonTest = (name: string, test: (daemon: Daemon) => Promise<void>, timeoutMs?: number) => void

/** A group of tests, once for each runtime. */
export function withEachRuntime(group: string, body: (test: DaemonTest, runtime: string) => void): void {
  for (const { name, path, missing } of RUNTIMES) {
    describeIf(`${group} with ${name}`, [...daemonRequirements, missing], () =>
      body((title, test, timeoutMs = DEFAULT_TIMEOUT_MS) => {
        it(title, { timeout: timeoutMs }, ({ task }) => withDaemon(path, task.timeout, test))
      }, name),
    )
  }
}

/** A group of tests for which it does not matter which runtime there is. */
export function withRunc(group: string, body: (test: DaemonTest) => void): void {
  describeIf(group, daemonRequirements, () =>
    body((title, test, timeoutMs = DEFAULT_TIMEOUT_MS) => {
      it(title, { timeout: timeoutMs }, ({ task }) => withDaemon(runc, task.timeout, test))
    }),
  )
}
