/** Files between this process and one helper. A synchronous child cannot be talked to over pipes: both would wait for each other. */

import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'

let counter = 0

/** A file with `bytes` and without a name, opened for the child to read from its beginning.
 *  @param directory  0700 and ours */
export function requestFile(directory: string, bytes: Uint8Array): number {
  const fd = namelessFile(directory, 0)
  try {
    // Written at positions: the offset, which the child shares, stays at the beginning.
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** An empty file without a name for a child to write to. */
export function statusFile(directory: string): number {
  return namelessFile(directory, constants.O_APPEND)
}

/** All that has been written to a {@link statusFile}. */
export function readStatus(fd: number): Uint8Array {
  const bytes = new Uint8Array(fstatSync(fd).size)
  let at = 0
  while (at < bytes.length) {
    const count = readSync(fd, bytes, at, bytes.length - at, at)
    if (count === 0) break
    at += count
  }
  return bytes.subarray(0, at)
}

function namelessFile(directory: string, flag: number): number {
  counter += 1
  const path = `${directory}/.${process.pid}.${counter}`
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | flag, 0o600)
  unlinkSync(path)
  return fd
}
