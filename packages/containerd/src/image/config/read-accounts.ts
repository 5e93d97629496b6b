import { access, constants } from 'node:fs/promises'
import { type Accounts, parseGroup, parsePasswd } from './accounts.ts'
import { layerDirectories, readSnapshotFile } from './snapshot-files.ts'
import type { SnapshotMount } from '../unpack/root-snapshot.ts'

/** The accounts of an image, by the mounts of a view of it.
 *  @returns undefined when this process cannot read them: another machine, another user, or a snapshotter whose mounts are no directories */
export async function readAccounts(mounts: readonly SnapshotMount[]): Promise<Accounts | undefined> {
  const directories = layerDirectories(mounts)
  if (directories === undefined) return undefined
  try {
    // Of a daemon on another machine, or in another mount namespace, they are not here, and nothing in them says so.
    for (const directory of directories) await access(directory, constants.X_OK)
    const [passwd = '', group = ''] = [
      await readSnapshotFile(directories, '/etc/passwd'),
      await readSnapshotFile(directories, '/etc/group'),
    ]
    return { users: parsePasswd(passwd), groups: parseGroup(group) }
  } catch {
    return undefined
  }
}
