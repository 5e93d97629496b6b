/** Profiles of AppArmor that are loaded for one test. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Lab } from './lab.ts'
import { needsPrograms, type Requirement } from './requirements.ts'

const ENABLED = '/sys/module/apparmor/parameters/enabled'
const POLICY = '/sys/kernel/security/apparmor'

function probeKernel(): Requirement {
  if (!existsSync(ENABLED)) return 'needs a kernel with AppArmor'
  if (!readFileSync(ENABLED, 'utf8').startsWith('Y')) return 'needs AppArmor, which this kernel has but not in use'
  return existsSync(POLICY) ? undefined : `needs ${POLICY}: securityfs is not mounted`
}

/** What a test needs that loads profiles. */
export const needsAppArmor: Requirement = probeKernel() ?? needsPrograms('apparmor_parser')

/** Loads a profile that allows everything but what `rules` deny, for as long as `body` runs; its name is unique.
 *  @param rules  lines of apparmor.d(5), such as `deny /etc/passwd r,` */
export async function withProfile(lab: Lab, rules: readonly string[], body: (profile: string) => Promise<void>): Promise<void> {
  const profile = lab.id()
  const file = lab.path(`${profile}.apparmor`)
  const all = ['file,', 'capability,', 'network,', 'signal,', 'ptrace,', 'unix,']
  writeFileSync(file, `profile ${profile} flags=(attach_disconnected,mediate_deleted) {\n  ${[...all, ...rules].join('\n  ')}\n}\n`)
  const parser = async (action: string): Promise<void> => {
    const { status, stderr } = await lab.command(['apparmor_parser', action, '--skip-cache', file])
    if (status !== 0) throw new Error(`apparmor_parser ${action}: status ${status}: ${stderr.trim()}`)
  }
  await parser('--add')
  try {
    await body(profile)
  } finally {
    await parser('--remove')
  }
}
