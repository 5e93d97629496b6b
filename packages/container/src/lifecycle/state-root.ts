/** The directory that holds all containers of one set, and the claim of one name in it. */

import { type Dirent, lstatSync, mkdirSync, readdirSync, rmdirSync, type Stats, unlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isTeuError, TeuError } from '@teu/spec'
import { STATE_FILES, type StatePaths } from '../record/paths.ts'

/** Default state root: `/run/teu`; for an ordinary user `$XDG_RUNTIME_DIR/teu`.
 *  @throws {TeuError} ERR_TEU_ROOTLESS when an ordinary user has no XDG_RUNTIME_DIR */
export function defaultRoot(): string {
  if (process.geteuid?.() === 0) return '/run/teu'
  const runtime = process.env['XDG_RUNTIME_DIR']
  if (runtime?.startsWith('/')) return `${runtime}/teu`
  throw new TeuError('ERR_TEU_ROOTLESS', 'Cannot choose a state root: XDG_RUNTIME_DIR is not set', {
    remedy: 'Set XDG_RUNTIME_DIR, or give a state root',
  })
}

/** Makes the root (0700) if it is missing. What exists must be a directory of this user that nobody else can write to: records name
 *  processes and cgroups that are acted on with this user's rights.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function openRoot(path: string): string {
  const root = resolve(path)
  if (root === '/') throw new TeuError('ERR_TEU_USAGE', 'Cannot use "/" as the state root', { path: root })
  const refuse = (reason: string, cause?: unknown): never => {
    throw new TeuError('ERR_TEU_USAGE', `Cannot use the state root ${root}: ${reason}`, { path: root, cause })
  }
  const made = (): Stats => {
    try {
      makeWithParents(root)
    } catch (cause) {
      refuse(`it cannot be made: ${(cause as NodeJS.ErrnoException).code}`, cause)
    }
    return lstatSync(root)
  }
  const stat = lookAt(root, refuse) ?? made()
  if (!stat.isDirectory()) refuse('it is not a directory')
  if (stat.uid !== process.geteuid?.()) refuse(`it belongs to user ${stat.uid}`)
  // podman and containerd make their runtime roots 0755 or 0711; only write access by others is a danger.
  if ((stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0) refuse('others can write to it')
  return root
}

function lookAt(path: string, refuse: (reason: string, cause: unknown) => never): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    return refuse(`it cannot be reached: ${(cause as NodeJS.ErrnoException).code}`, cause)
  }
}

/** Node's own recursive mkdir never returns where mkdir(2) says ENOENT although the parent is there, as it does in /proc. */
function makeWithParents(path: string): void {
  const make = (): string | undefined => {
    try {
      mkdirSync(path, { mode: 0o700 })
      return undefined
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST' || code === 'ENOENT') return code
      throw error
    }
  }
  if (make() !== 'ENOENT') return
  makeWithParents(dirname(path))
  if (make() === 'ENOENT') throw Object.assign(new Error('mkdir'), { code: 'ENOENT' })
}

/** What is in the root.
 *  @throws {TeuError} ERR_TEU_SYSTEM when it cannot be read, or is not there any more */
export function rootEntries(root: string): Dirent[] {
  try {
    return readdirSync(root, { withFileTypes: true })
  } catch (cause) {
    const { code: errno, syscall } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot read the state root ${root}: ${errno}`, { path: root, syscall, errno, cause })
  }
}

/** Takes the name: exactly one of several callers gets it. */
export function claim(paths: StatePaths, id: string): void {
  try {
    mkdirSync(paths.directory, { mode: 0o700 })
  } catch (cause) {
    const { code: errno } = cause as NodeJS.ErrnoException
    if (errno !== 'EEXIST') {
      const message = `Cannot make the state directory ${paths.directory}: mkdir failed with ${errno}`
      throw new TeuError('ERR_TEU_SYSTEM', message, { containerId: id, path: paths.directory, syscall: 'mkdir', errno, cause })
    }
    throw new TeuError('ERR_TEU_ALREADY_EXISTS', `container "${id}": container with given ID already exists`, {
      containerId: id,
      path: paths.directory,
      cause,
    })
  }
}

/** Removes a state directory: the files that teu makes, by name, never recursively.
 *  @throws {TeuError} ERR_TEU_SYSTEM when something else is in the way */
export function removeStateDirectory(paths: StatePaths): void {
  for (const name of STATE_FILES) unlinkIfThere(`${paths.directory}/${name}`)
  rmdirIfThere(paths.notifyDirectory)
  try {
    rmdirIfThere(paths.directory)
  } catch (error) {
    if (!isTeuError(error) || error.errno !== 'ENOTEMPTY') throw error
    for (const name of readdirSync(paths.directory)) if (isTemporary(name)) unlinkIfThere(`${paths.directory}/${name}`)
    rmdirIfThere(paths.directory)
  }
}

/** What a process of teu leaves that is killed between making a file and giving it its name: `state.json.PID.N.tmp`, `lock.PID.stale`,
 *  `.exit.PID`, `.PID.N` … */
function isTemporary(name: string): boolean {
  const match = /^\.?(.*?)\.?\d+(\.\d+)?(\.tmp|\.stale)?$/.exec(name)
  return match !== null && (match[1] === '' || STATE_FILES.includes(match[1] ?? ''))
}

/** Most of the files are not: looking costs less than an error. */
function unlinkIfThere(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isGone(error)) throw inTheWay(path, error)
  }
}

function rmdirIfThere(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (!isGone(error)) throw inTheWay(path, error)
  }
}

function inTheWay(path: string, cause: unknown): TeuError {
  const { code: errno, syscall } = cause as NodeJS.ErrnoException
  return new TeuError('ERR_TEU_SYSTEM', `Cannot remove ${path}: ${syscall} failed with ${errno}`, {
    path,
    syscall,
    errno,
    remedy: 'Look at what is there, which teu has not made, and remove it by hand',
    cause,
  })
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
