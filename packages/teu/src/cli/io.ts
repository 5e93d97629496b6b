/** The command line's view of the process it runs in, as a value: tests give their own. */

import { constants, openSync, writeSync } from 'node:fs'
import { readInput } from './input-file.ts'

/** Surroundings of one invocation. */
export interface Io {
  /** Arguments without the program's own name. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The caller's directory; relative paths on the line refer to it. */
  readonly cwd: string
  readonly pid: number
  readonly uid: number
  readonly gid: number
  /** Writes all of `text`, or throws. */
  out(text: string): void
  /** Like `out`, but a stderr that nobody can read is no reason to fail. */
  err(text: string): void
  /** All of stdin, as text. */
  input(): string
  /** True when stderr is a terminal. Asked only when there is something to colour. */
  isErrTerminal(): boolean
  now(): Date
}

/** The real surroundings. */
export function processIo(): Io {
  const writeErr = writer(2)
  return {
    args: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    pid: process.pid,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    out: writer(1),
    err: (text) => {
      try {
        writeErr(text)
      } catch {
        // There is no other place where this could be told.
      }
    },
    input: readStdin,
    isErrTerminal: () => process.stderr.isTTY === true,
    now: () => new Date(),
  }
}

/** So many characters are at most PIPE_BUF bytes, which a pipe takes as a whole. */
const WHOLE_LENGTH = 1365
/** There is no synchronous way to wait for room in a full socket. */
const SOCKET_RETRY_MS = 1

/** Writes without a stream: nothing is left in a buffer when the process ends, and nothing has to be set up first. */
function writer(fd: number): (text: string) => void {
  let target = fd
  return (text) => {
    let done = text.length <= WHOLE_LENGTH ? tryWrite(target, text) : 0
    if (done >= text.length) return
    const bytes = Buffer.from(text)
    while (done < bytes.length) {
      try {
        done += writeSync(target, bytes, done)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
        if (target === fd) target = reopened(fd)
        if (target === fd) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SOCKET_RETRY_MS)
      }
    }
  }
}

/** The caller made its end non-blocking. A pipe or terminal that is opened anew has flags of its own; a socket cannot be. */
function reopened(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY)
  } catch {
    return fd
  }
}

/** The short way for short texts, without a copy in between. The number of bytes that were written. */
function tryWrite(fd: number, text: string): number {
  try {
    return writeSync(fd, text)
  } catch {
    return 0
  }
}

function readStdin(): string {
  try {
    return readInput(0).toString()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    return readInput('/proc/self/fd/0').toString()
  }
}
