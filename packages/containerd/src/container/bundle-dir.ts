/** The directory of a container's FIFOs. The bundle that the shim uses is the daemon's own, elsewhere. */

import { chown, mkdir, readdir, rmdir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Spec } from '@teu/spec'
import { removeFifos } from '../stdio/fifo.ts'

/** Label of the record that says where the directory is: it need not be below the state directory of the one who restores. */
export const BUNDLE_LABEL = 'dev.teu/bundle'
/** The same of dockerd. */
const DOCKER_BUNDLE_LABEL = 'com.docker/engine.bundle.path'

/** A user of the host. */
export interface HostOwner {
  readonly hostUid: number
  readonly hostGid: number
}

/** Where a container's directory is. */
export function bundlePath(stateDir: string, id: string, labels: Readonly<Record<string, string>> = {}): string {
  return labels[BUNDLE_LABEL] ?? labels[DOCKER_BUNDLE_LABEL] ?? join(stateDir, id)
}

/** The host's name for the container's root: root itself without a user namespace, and where 0 is not mapped. */
export function rootOwner(spec: Pick<Spec, 'linux'> | undefined): HostOwner {
  const hasUserNamespace = spec?.linux?.namespaces?.some(({ type }) => type === 'user') === true
  if (!hasUserNamespace) return { hostUid: 0, hostGid: 0 }
  const ofZero = (mappings: readonly { containerID: number; hostID: number }[] | undefined): number =>
    mappings?.find(({ containerID }) => containerID === 0)?.hostID ?? 0
  return { hostUid: ofZero(spec?.linux?.uidMappings), hostGid: ofZero(spec?.linux?.gidMappings) }
}

/**
 * Makes a container's directory. With a mapped root it must be reachable for that user: from the first component on that is missing, or
 * that others may not pass, the names get the owner's ids and the directories belong to it alone.
 * @returns the path as it became
 */
export async function makeBundleDir(path: string, { hostUid, hostGid }: HostOwner): Promise<string> {
  if (hostUid === 0 && hostGid === 0) {
    await mkdir(path, { recursive: true, mode: 0o755 })
    return path
  }
  let current: string = sep
  let isOwned = false
  for (const component of path.split(sep).filter((part) => part !== '')) {
    const next = join(current, component)
    isOwned ||= !(await isPassable(next))
    current = isOwned ? `${next}.${hostUid}.${hostGid}` : next
    if (!isOwned) continue
    await mkdir(current, { mode: 0o700 }).catch(ignoreExisting)
    await chown(current, hostUid, hostGid)
  }
  return current
}

/** Removes a container's directory with the FIFOs in it. The path may be what another client has written into the record, so nothing but
 *  FIFOs of such names is removed, and no tree.
 *  @throws {Error} ENOTEMPTY when there is something else in it */
export async function removeBundleDir(path: string): Promise<void> {
  const names = await readdir(path).catch(() => [])
  await removeFifos(names.filter((name) => /-std(?:in|out|err)$/.test(name)).map((name) => join(path, name)))
  await rmdir(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  })
}

async function isPassable(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => {})
  return info !== undefined && (info.mode & 0o001) !== 0
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
