/** Files of a state directory, which only their owner can change. They are read with care nevertheless: a record that has been damaged
 *  must not make `list` wait for ever. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { TeuError } from '@teu/spec'

/** No config may be larger, and the rest of a record is small. */
const MAX_BYTES = 64 * 1024 * 1024

/** The text of a regular file.
 *  @throws {TeuError} ERR_TEU_SYSTEM when it is something else, or too large; else the errors of open(2) and read(2) */
export function readOwnFile(path: string): string {
  // A FIFO is opened at once then, and its writer is not waited for.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new TeuError('ERR_TEU_SYSTEM', `Cannot read ${path}: it is not a regular file`, { path })
    if (stat.size > MAX_BYTES) throw new TeuError('ERR_TEU_SYSTEM', `Cannot read ${path}: it is larger than ${MAX_BYTES} bytes`, { path })
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}
