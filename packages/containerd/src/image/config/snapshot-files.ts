/**
 * Small files of a snapshot, read without mounting it: the layers of an overlay are directories of the host. Only what is committed is
 * looked at, so nothing changes underneath.
 */

import { constants, type Stats } from 'node:fs'
import { lstat, open, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_ACCOUNT_FILE_BYTES } from '../document/limits.ts'
import type { SnapshotMount } from '../unpack/root-snapshot.ts'

const MAX_LINKS = 40
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])

/** The directories of a view, the uppermost first; undefined for mounts of other kinds. Pure. */
export function layerDirectories(mounts: readonly SnapshotMount[]): string[] | undefined {
  const [mount, ...more] = mounts
  if (mount === undefined || more.length > 0) return undefined
  if (mount.type === 'bind') return [mount.source]
  if (mount.type !== 'overlay') return undefined
  const value = (name: string): string | undefined => mount.options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1)
  const [upper, lower] = [value('upperdir'), value('lowerdir')]
  // A colon in a path is escaped; containerd's paths have none.
  if (lower === undefined || lower.includes('\\')) return undefined
  return [...(upper === undefined ? [] : [upper]), ...lower.split(':')]
}

/**
 * Reads a file of the merged directories. Links are followed inside of them, never out to the host. Directories that an upper layer has
 * replaced as a whole cannot be told from ones that it has added to: what such a layer has removed that way may still be found.
 * @param path  absolute in the snapshot
 * @returns undefined when there is no such regular file, or it is too large
 * @throws {NodeJS.ErrnoException} EACCES and others, when this process may not read the directories
 */
export async function readSnapshotFile(directories: readonly string[], path: string): Promise<string | undefined> {
  const parts = path.split('/').filter((part) => part !== '')
  let at: string[] = []
  for (let links = 0; parts.length > 0; ) {
    const part = parts.shift() as string
    if (part === '.' || part === '..') {
      at = part === '.' ? at : at.slice(0, -1)
      continue
    }
    const found = await find(directories, [...at, part].join('/'))
    if (found === undefined) return undefined
    if (found.stats.isSymbolicLink()) {
      links += 1
      if (links > MAX_LINKS) return undefined
      const target = await readlink(found.hostPath)
      if (target.startsWith('/')) at = []
      parts.unshift(...target.split('/').filter((piece) => piece !== ''))
    } else if (parts.length === 0) {
      return found.stats.isFile() ? readSmall(found.hostPath) : undefined
    } else if (found.stats.isDirectory()) {
      at.push(part)
    } else {
      return undefined
    }
  }
  return undefined
}

/** The uppermost entry of that path. What is above it in the same layer must be a directory there: `at` has been checked for links. */
async function find(directories: readonly string[], relative: string): Promise<{ hostPath: string; stats: Stats } | undefined> {
  const parts = relative.split('/')
  for (const directory of directories) {
    const outcome = await findInLayer(directory, parts)
    if (outcome === 'removed') return undefined
    if (outcome !== 'absent') return outcome
  }
  return undefined
}

async function findInLayer(
  directory: string,
  parts: readonly string[],
): Promise<{ hostPath: string; stats: Stats } | 'absent' | 'removed'> {
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const hostPath = join(directory, ...parts.slice(0, depth))
    const stats = await lstat(hostPath).catch((error: unknown) => {
      if (ABSENT.has((error as NodeJS.ErrnoException).code)) return undefined
      throw error
    })
    if (stats === undefined) return 'absent'
    // overlayfs marks what is removed by a character device 0:0.
    if (stats.isCharacterDevice() && stats.rdev === 0) return 'removed'
    if (depth === parts.length) return { hostPath, stats }
    if (!stats.isDirectory()) return 'removed'
  }
  return 'absent'
}

async function readSmall(hostPath: string): Promise<string | undefined> {
  const file = await open(hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    return stats.isFile() && stats.size <= MAX_ACCOUNT_FILE_BYTES ? await file.readFile('utf8') : undefined
  } finally {
    await file.close()
  }
}
