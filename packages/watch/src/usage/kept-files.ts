/** Files of the kernel that are read again and again, and are kept open for that: reading is then one system call. What was opened in a
 *  cgroup that is gone cannot be read any more, so that a successor of the same name is not mistaken for it. */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** How many files may be open at the same time, in all. */
export class FileBudget {
  #left: number

  constructor(count: number) {
    this.#left = count
  }

  /** @returns false when there is none left */
  take(): boolean {
    if (this.#left <= 0) return false
    this.#left--
    return true
  }

  giveBack(): void {
    this.#left++
  }
}

/** Files in cgroups have a page at most. */
const buffer = Buffer.allocUnsafe(16 * 1024)

/** See the head of this file. Beyond the budget a file is opened for each reading. */
export class KeptFiles implements Disposable {
  readonly #budget: FileBudget
  readonly #open = new Map<string, number>()

  constructor(budget: FileBudget) {
    this.#budget = budget
  }

  /** Undefined when the file is not there, or not any more. Reading does not wait: these files are made of memory. */
  readonly read = (path: string): string | undefined => {
    const kept = this.#open.get(path)
    try {
      if (kept !== undefined) return readWhole(kept)
      const fd = openFile(path)
      if (!this.#budget.take()) return readAndClose(fd)
      this.#open.set(path, fd)
      return readWhole(fd)
    } catch {
      return undefined
    }
  };

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) {
      closeSync(fd)
      this.#budget.giveBack()
    }
    this.#open.clear()
  }
}

/** Text of a file that is read once; undefined when it cannot be. */
export function readOnce(path: string): string | undefined {
  try {
    return readAndClose(openFile(path))
  } catch {
    return undefined
  }
}

/** Never waits, for a writer of a FIFO, say, and follows no link in the last place.
 *  @throws {Error} for whatever is no regular file, as files of proc and cgroups are for the kernel */
function openFile(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    if (fstatSync(fd).isFile()) return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
  closeSync(fd)
  throw new Error(`${path} is no file`)
}

function readAndClose(fd: number): string {
  try {
    return readWhole(fd)
  } finally {
    closeSync(fd)
  }
}

function readWhole(fd: number): string {
  return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0))
}
