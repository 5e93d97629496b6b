/** `--host` and `--namespace`: which daemon the commands are for. */

import { usage } from '../cli/parse.ts'

const SCHEME = 'containerd://'
const REMEDY = 'Write containerd:///run/containerd/containerd.sock'

/** Socket of `containerd:///path/to.sock`.
 *  @param origin  where the text comes from: `--host`, or a variable
 *  @throws {TeuError} ERR_TEU_USAGE */
export function socketOf(origin: string, text: string): string {
  if (!text.startsWith(SCHEME)) throw usage(`${origin}: expected ${SCHEME} and the path of a socket, got "${text}"`, REMEDY)
  const path = text.slice(SCHEME.length)
  if (!path.startsWith('/') || path.includes('\0')) {
    throw usage(`${origin}: expected an absolute path after ${SCHEME}, got "${path}"`, REMEDY)
  }
  return path
}
