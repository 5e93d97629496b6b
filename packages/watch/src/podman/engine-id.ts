/** An identifier for a Podman, which has no daemon that could have one. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The part of `GET /libpod/info` that is used. */
export interface PodmanInfo {
  readonly host?: { readonly hostname?: string }
  readonly store?: { readonly graphRoot?: string }
  readonly version?: { readonly Version?: string }
}

/** The same for the same containers: of this machine, its host name (a Podman inside a container has its own), and where they are stored. */
export function engineIdOf({ host, store }: PodmanInfo): string {
  const parts = [machineId(), host?.hostname ?? '', store?.graphRoot ?? '']
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
}

/** See machine-id(5); empty on a machine without. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim()
  } catch {
    return ''
  }
}
