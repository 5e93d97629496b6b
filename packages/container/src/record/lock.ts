/** Mutual exclusion between processes that change one container. JavaScript has no flock(2), so the lock is a file that names its
 *  holder: whoever links it first has it, and a holder that no longer lives loses it. Readers of the state take no lock. */

import { linkSync, readFileSync, renameSync, unlinkSync, watch, writeFileSync } from 'node:fs'
import { TeuError } from '@teu/spec'
import { isAlive, readStartTime } from '../probe/proc-stat.ts'

let counter = 0

/** Runs `body` while holding `<directory>/lock`.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND when the directory is gone; the signal's reason when aborted while waiting */
export async function withLock<T>(directory: string, options: { signal?: AbortSignal | undefined }, body: () => Promise<T>): Promise<T> {
  const path = `${directory}/lock`
  while (!tryLock(path)) await released(path, options.signal)
  try {
    return await body()
  } finally {
    unlinkIfThere(path)
  }
}

/** Takes the lock if it is free or its holder is dead. */
function tryLock(path: string): boolean {
  counter += 1
  const mine = `${path}.${process.pid}.${counter}`
  try {
    writeFileSync(mine, `${process.pid} ${readStartTime(process.pid) ?? ''}`, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw gone(path, cause)
  }
  try {
    // link(2) fails when the name exists: the content is complete before anybody can see it under that name.
    linkSync(mine, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw gone(path, error)
    return breakStaleLock(path) && tryLock(path)
  } finally {
    unlinkIfThere(mine)
  }
}

/** Removes the lock of a dead holder. Two processes may try: the rename decides, and what was renamed is checked once more. */
function breakStaleLock(path: string): boolean {
  const holder = readHolder(path)
  if (holder === undefined) return true
  if (isAlive(holder)) return false
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return true
  }
  const moved = readHolder(aside)
  if (moved !== undefined && isAlive(moved)) {
    // Somebody broke the stale lock and took it between our look and our rename: put it back.
    linkSync(aside, path)
    unlinkIfThere(aside)
    return false
  }
  unlinkIfThere(aside)
  return true
}

function readHolder(path: string): { pid: number; startTime: string } | undefined {
  try {
    const [pid = '', startTime = ''] = readFileSync(path, 'utf8').split(' ')
    return { pid: Number(pid), startTime }
  } catch {
    return undefined
  }
}

/** Resolves when the lock file changes or goes, or when its holder may have died. */
async function released(path: string, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => finish(() => reject(signal?.reason as Error))
    const wake = (): void => finish(resolve)
    // A holder that is killed leaves no event behind; looking again after a while finds that it is dead.
    const timer = setTimeout(wake, 500)
    const watcher = openWatcher(path, wake)
    const finish = (then: () => void): void => {
      clearTimeout(timer)
      watcher?.close()
      signal?.removeEventListener('abort', abort)
      then()
    }
    signal?.addEventListener('abort', abort, { once: true })
    if (watcher === undefined) wake()
  })
}

function openWatcher(path: string, wake: () => void): ReturnType<typeof watch> | undefined {
  try {
    return watch(path, wake).on('error', wake)
  } catch {
    return undefined
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function gone(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return cause
  return new TeuError('ERR_TEU_NOT_FOUND', `Cannot lock ${path}: container does not exist`, { path, cause })
}
