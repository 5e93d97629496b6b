/** Whole-file replacement that a reader never sees half done: temporary file in the same directory, then rename(2). */

import { closeSync, constants, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { TeuError } from '@teu/spec'

let counter = 0

/** Writes `text` to `path`, mode 0600. A link at `path` is replaced, not followed.
 *  @throws {TeuError} ERR_TEU_SYSTEM when the file cannot be made or written; nothing is left behind then */
export function replaceFile(path: string, text: string): void {
  counter += 1
  const temporary = `${path}.${process.pid}.${counter}.tmp`
  try {
    writeNew(temporary, text)
    try {
      renameSync(temporary, path)
    } catch (error) {
      unlinkSync(temporary)
      throw error
    }
  } catch (cause) {
    const { code: errno, syscall } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot write ${path}: ${syscall} failed with ${errno}`, { path, syscall, errno, cause })
  }
}

function writeNew(path: string, text: string): void {
  const bytes = new TextEncoder().encode(text)
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    let offset = 0
    while (offset < bytes.length) offset += writeSync(fd, bytes, offset)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(fd)
  }
}
