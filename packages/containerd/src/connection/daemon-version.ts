/** The oldest daemon that this client is for. */

import { TeuError } from '@teu/spec'
import type { Services } from '../rpc/services.ts'

/** What is promised needs the order of events, the lists and the shims of this release; nothing older is tested. */
const OLDEST = { major: 1, minor: 6 } as const

/** True for a release before {@link OLDEST}. A version that is no number, as of a daemon that somebody has built himself, is not. */
export function isTooOld(version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined || minor === undefined) return false
  return Number(major) < OLDEST.major || (Number(major) === OLDEST.major && Number(minor) < OLDEST.minor)
}

/** Refuses a daemon that is too old.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED; as every call */
export async function checkVersion({ version }: Services, signal: AbortSignal): Promise<void> {
  const { version: found } = await version.version({}, { signal })
  if (!isTooOld(found)) return
  const wanted = `${OLDEST.major}.${OLDEST.minor}`
  throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot use containerd ${JSON.stringify(found)}: it is older than ${wanted}`, {
    operation: 'connect',
    remedy: `Update containerd to ${wanted} or later`,
  })
}
