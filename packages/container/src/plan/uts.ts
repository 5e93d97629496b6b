/** Host name and domain name. Pure. */

import type { Step } from '@teu/init'
import type { Spec } from '@teu/spec'
import { configError } from './config-error.ts'
import type { Namespaces } from './namespaces.ts'

/** Container steps for the names.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID without a uts namespace of the container: the names would be the host's */
export function planNames(spec: Spec, namespaces: Namespaces): Step[] {
  const steps: Step[] = []
  for (const op of ['hostname', 'domainname'] as const) {
    const name = spec[op]
    if (!name) continue
    if (!namespaces.isPrivate('uts')) {
      throw configError(`/${op}`, `a ${op} needs a uts namespace of the container, or it would change the host's`, {
        remedy: 'Add {"type": "uts"} to linux.namespaces, or leave it out',
      })
    }
    steps.push({ op, name, pointer: `/${op}` })
  }
  return steps
}
