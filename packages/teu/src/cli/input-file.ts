/** Files that a user names on the command line. */

import { closeSync, openSync, readSync } from 'node:fs'

/** No document that teu takes is larger. */
const MAX_BYTES = 16 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/** Reads a file or pipe to its end. `/dev/zero` has none, and memory would be all that limits it.
 *  @param source  path, or an open descriptor
 *  @throws the errors of open(2) and read(2); EFBIG beyond 16 MiB */
export function readInput(source: string | number): Buffer {
  const fd = typeof source === 'number' ? source : openSync(source, 'r')
  try {
    return readToEnd(fd)
  } finally {
    if (fd !== source) closeSync(fd)
  }
}

function readToEnd(fd: number): Buffer {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const read = readSync(fd, chunk)
    if (read === 0) return Buffer.concat(chunks)
    size += read
    if (size > MAX_BYTES) throw Object.assign(new Error(`more than ${MAX_BYTES} bytes`), { code: 'EFBIG', syscall: 'read' })
    chunks.push(chunk.subarray(0, read))
  }
}
