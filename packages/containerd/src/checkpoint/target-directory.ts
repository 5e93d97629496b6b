/** The directory that a checkpoint goes into. */

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TeuError } from '@teu/spec'
import { report } from '../report.ts'

/** A directory that is empty, or not there yet. */
export interface TargetDirectory {
  /** Makes it as it was. A failure is only reported. */
  clear(): Promise<void>
}

/** Looks at the place, before anything is done to the container.
 *  @throws {TeuError} ERR_TEU_ALREADY_EXISTS when something is in there: parts of two checkpoints make none; ERR_TEU_INVALID_ARGUMENT when it
 *                     is no directory, or cannot be read */
export async function targetDirectory(dir: string, containerId: string): Promise<TargetDirectory> {
  const names = await list(dir, containerId)
  if (names === undefined) return { clear: () => remove([dir], containerId) }
  if (names.length > 0) {
    throw new TeuError('ERR_TEU_ALREADY_EXISTS', `Cannot checkpoint container "${containerId}" into ${dir}: it is not empty`, {
      containerId,
      operation: 'checkpoint',
      path: dir,
      remedy: 'Name a directory that is empty, or that does not exist',
    })
  }
  const children = async (): Promise<string[]> => (await readdir(dir).catch(() => [])).map((name) => join(dir, name))
  return { clear: async () => remove(await children(), containerId) }
}

async function list(dir: string, containerId: string): Promise<string[] | undefined> {
  try {
    return await readdir(dir)
  } catch (cause) {
    const { code: errno = '' } = cause as NodeJS.ErrnoException
    if (errno === 'ENOENT') return undefined
    throw new TeuError(
      'ERR_TEU_INVALID_ARGUMENT',
      `Cannot checkpoint container "${containerId}" into ${dir}: readdir failed with ${errno}`,
      {
        containerId,
        operation: 'checkpoint',
        path: dir,
        errno,
        cause,
      },
    )
  }
}

async function remove(paths: readonly string[], containerId: string): Promise<void> {
  for (const path of paths) {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => report({ what: `remove ${path}`, containerId, error }))
  }
}
