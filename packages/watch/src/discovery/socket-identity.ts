/** What a socket is, whatever path leads to it. */

import { stat } from 'node:fs/promises'
import { parseAddress } from '../address/engine-address.ts'

/** Device and inode of the socket at a path; undefined when there is none. */
export async function socketAt(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined)
  return facts?.isSocket() === true ? `${facts.dev}:${facts.ino}` : undefined
}

/** As {@link socketAt}, of an engine's address; undefined for tcp:// and ssh://, and for clients that have an address of their own. */
export async function socketOf(address: string): Promise<string | undefined> {
  if (!/^(?:\/|unix:)/.test(address)) return undefined
  const parsed = parseAddress(address)
  return parsed.kind === 'unix' ? await socketAt(parsed.path) : undefined
}
