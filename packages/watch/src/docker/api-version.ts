/** Which version of Docker's API is spoken. */

import { TeuError } from '@teu/spec'

/** The newest that this client knows, and the oldest with all that it needs. */
const NEWEST = '1.44'
const OLDEST = '1.24'

function compare(a: string, b: string): number {
  const [[a1 = 0, a2 = 0], [b1 = 0, b2 = 0]] = [a.split('.').map(Number), b.split('.').map(Number)]
  return a1 - b1 || a2 - b2
}

/** The newest version that both sides know.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when the engine is too old, or its version is none */
export function negotiateVersion(theirs: string): string {
  if (!/^\d+\.\d+$/.test(theirs) || compare(theirs, OLDEST) < 0) {
    throw new TeuError('ERR_TEU_UNSUPPORTED', `The engine speaks version "${theirs}" of Docker's API, at least ${OLDEST} is needed`)
  }
  return compare(theirs, NEWEST) < 0 ? theirs : NEWEST
}
