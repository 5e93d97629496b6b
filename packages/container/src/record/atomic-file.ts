/** Whole-file replacement that a reader never sees half done: temporary file in the same directory, then rename(2). */

import { closeSync, constants, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'

let counter = 0

/** Writes `text` to `path`, mode 0600. A link at `path` is replaced, not followed.
 *  @throws the errors of open(2), write(2) and rename(2); nothing is left behind then */
export function replaceFile(path: string, text: string): void {
  counter += 1
  const temporary = `${path}.${process.pid}.${counter}.tmp`
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const fd = openSync(temporary, flags, 0o600)
  try {
    writeAll(fd, text)
    closeSync(fd)
    renameSync(temporary, path)
  } catch (error) {
    unlinkSync(temporary)
    throw error
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text)
  let offset = 0
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset)
}
