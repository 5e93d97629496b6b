/** The OCI runtime under test: `TEU_TEST_RUNTIME`, by default the built `dist/teu-oci`. */

import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import { cgroupLayout } from './cgroups.ts'
import { home } from './native.ts'
import { needsRoot, type Requirement } from './requirements.ts'

/** Which program it says it is. */
export type RuntimeKind = 'teu-oci' | 'runc' | 'crun'

/** Absolute path of the runtime. */
export const runtimePath: string = resolve(home, process.env['TEU_TEST_RUNTIME'] ?? 'dist/teu-oci')

function probeKind(): { kind: RuntimeKind; missing: Requirement } {
  try {
    accessSync(runtimePath, constants.X_OK)
  } catch {
    return { kind: 'teu-oci', missing: `${runtimePath} is not there: npm run build` }
  }
  const version = execFileSync(runtimePath, ['--version'], { encoding: 'utf8' })
  const kind = (['runc', 'crun'] as const).find((name) => version.startsWith(`${name} `)) ?? 'teu-oci'
  const refuses = kind === 'crun' && cgroupLayout === 'hybrid'
  return { kind, missing: refuses ? 'crun refuses the hybrid cgroup layout: npm run test:peers' : undefined }
}

const { kind, missing } = probeKind()

/** Name by which the known differences are listed. */
export const runtimeKind: RuntimeKind = kind

/** Requirements of every test that starts a container with it. */
export const runtimeRequirements: readonly Requirement[] = [needsRoot, missing]
