/** The directory of a container's FIFOs. The bundle that the shim uses is the daemon's own, elsewhere. */

import { constants, lstatSync, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Spec, TeuError } from '@teu/spec'
import { removeFifos } from '../stdio/fifo.ts'

/** Label of the record that tells people and tools where the directory is. It is written and never read: whoever may write a record, or an
 *  image, would otherwise choose which directory of the host is made, filled and removed. */
export const BUNDLE_LABEL = 'dev.teu/bundle'

/** A user of the host. */
export interface HostOwner {
  readonly hostUid: number
  readonly hostGid: number
}

const DIRECTORY_MODE = 0o700
/** Others may pass, and see no names. */
const PARENT_MODE = 0o711
const WRITABLE_BY_ALL = 0o002
const STICKY = 0o1000

/** Where a container's directory is: the id decides, and nothing that is written in its record. */
export function bundlePath(stateDir: string, id: string): string {
  return join(resolve(stateDir), id)
}

/** The host's name for the container's root: root itself without a user namespace, and where 0 is not mapped.
 *  @param spec  as it is in a record, where another client may have put anything: what has no such form maps nothing */
export function rootOwner(spec: Pick<Spec, 'linux'> | undefined): HostOwner {
  const hasUserNamespace = objects(spec?.linux?.namespaces).some(({ type }) => type === 'user')
  if (!hasUserNamespace) return { hostUid: 0, hostGid: 0 }
  const ofZero = (mappings: unknown): number => {
    const hostId = objects(mappings).find(({ containerID }) => containerID === 0)?.hostID
    return typeof hostId === 'number' && hostId >>> 0 === hostId ? hostId : 0
  }
  return { hostUid: ofZero(spec?.linux?.uidMappings), hostGid: ofZero(spec?.linux?.gidMappings) }
}

/** The objects of a list; none of what is no list. */
function objects(list: unknown): Readonly<Record<string, unknown>>[] {
  const isObject = (one: unknown): one is Readonly<Record<string, unknown>> => typeof one === 'object' && one !== null
  return Array.isArray(list) ? list.filter(isObject) : []
}

/**
 * Makes a container's directory, ours alone. Also with a user namespace: the shim, which is root, opens what is in it by name, so whoever owns
 * it could lead the shim elsewhere; the container's own ends are pipes of the shim.
 * @returns the path
 * @throws {TeuError} ERR_TEU_SYSTEM when what is there is no directory, or not ours, or others may change what is in its parent
 */
export async function makeBundleDir(path: string): Promise<string> {
  try {
    await makeParents(dirname(path))
    checkParent(dirname(path), await lstat(dirname(path)))
    await mkdir(path, { mode: DIRECTORY_MODE }).catch(ignoreExisting)
    // By descriptor, so that what is looked at is what the name stands for and no link.
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      checkOwn(path, await directory.stat())
    } finally {
      await directory.close()
    }
    return path
  } catch (error) {
    if (error instanceof TeuError) throw error
    throw unusable(path, (error as Error).message, error as NodeJS.ErrnoException)
  }
}

/** Removes a container's directory with what stands at the names of its FIFOs. Nothing else is removed, and no tree; a link in its place goes
 *  without what it leads to.
 *  @throws {Error} ENOTEMPTY when there is something else in it */
export async function removeBundleDir(path: string): Promise<void> {
  // Most containers have none, and looking takes less than asking for it in turn.
  const info = lstatSync(path, { throwIfNoEntry: false })
  if (info === undefined) return
  if (!info.isDirectory()) {
    if (info.isSymbolicLink()) await unlink(path)
    return
  }
  const names = await readdir(path)
  await removeFifos(names.filter((name) => /-std(?:in|out|err)$/.test(name)).map((name) => join(path, name)))
  await rmdir(path).catch(ignoreMissing)
}

/** One level after the other: Node's own way never returns where the kernel lets nobody make directories, as in /proc. */
async function makeParents(path: string): Promise<void> {
  try {
    await makeOne(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    await makeParents(dirname(path))
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PARENT_MODE })
  } catch (error) {
    return ignoreExisting(error as NodeJS.ErrnoException)
  }
  // Whatever the umask is.
  await chmod(path, PARENT_MODE)
}

function checkParent(path: string, info: Stats): void {
  if (!info.isDirectory()) throw unusable(path, 'it is no directory, or a link to one')
  if (!isOurs(info)) throw unusable(path, `it belongs to user ${info.uid}`)
  const isOpenToAll = (info.mode & WRITABLE_BY_ALL) !== 0 && (info.mode & STICKY) === 0
  if (isOpenToAll) throw unusable(path, 'everybody may change what is in it')
}

function checkOwn(path: string, info: Stats): void {
  if (info.uid !== process.geteuid?.()) throw unusable(path, `it belongs to user ${info.uid}`)
  if ((info.mode & WRITABLE_BY_ALL) !== 0) throw unusable(path, 'everybody may change what is in it')
}

const isOurs = ({ uid }: Stats): boolean => uid === 0 || uid === process.geteuid?.()

function unusable(path: string, why: string, cause?: NodeJS.ErrnoException): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `Cannot keep FIFOs in ${path}: ${why}`, {
    path,
    ...(cause === undefined ? {} : { errno: cause.code, syscall: cause.syscall, cause }),
    remedy: 'Remove it, or give another stateDir',
  })
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
