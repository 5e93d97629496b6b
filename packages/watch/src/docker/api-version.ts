/** Which version of Docker's API is spoken. */

import { TeuError } from '@teu/spec'

/** The newest that this client knows, and the oldest with all that it needs. */
const NEWEST = '1.44'
const OLDEST = '1.24'

function compare(a: string, b: string): number {
  const [[a1 = 0, a2 = 0], [b1 = 0, b2 = 0]] = [a.split('.').map(Number), b.split('.').map(Number)]
  return a1 - b1 || a2 - b2
}

/** The newest version that both sides know, or the one that is wanted.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when the engine is too old, or its version is none, or it does not know the one that is wanted;
 *    ERR_TEU_USAGE when that is none */
export function negotiateVersion(theirs: string, wanted?: string): string {
  if (!isVersion(theirs) || compare(theirs, OLDEST) < 0) {
    throw new TeuError('ERR_TEU_UNSUPPORTED', `The engine speaks version "${theirs}" of Docker's API, at least ${OLDEST} is needed`)
  }
  if (wanted === undefined) return compare(theirs, NEWEST) < 0 ? theirs : NEWEST
  if (!isVersion(wanted) || compare(wanted, OLDEST) < 0) {
    throw new TeuError('ERR_TEU_USAGE', `"${wanted}" is no version of Docker's API that can be used, such as ${NEWEST}`)
  }
  if (compare(wanted, theirs) <= 0) return wanted
  throw new TeuError('ERR_TEU_UNSUPPORTED', `The engine speaks version ${theirs} of Docker's API, ${wanted} is wanted`)
}

const isVersion = (text: string): boolean => /^\d+\.\d+$/.test(text)
