/** What a daemon can do. */

import { access, readdir, statfs } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { ClientContext } from './context.ts'

/** One part of the daemon. */
export interface DaemonPlugin {
  /** `io.containerd.snapshotter.v1`. */
  readonly type: string
  readonly id: string
  /** Why it does not work. */
  readonly error?: string
}

/** A report on a daemon. */
export interface Features {
  readonly version: string
  readonly revision: string
  /** Absent before 1.3. */
  readonly uuid?: string
  readonly plugins: readonly DaemonPlugin[]
  /** Snapshotters that work. */
  readonly snapshotters: readonly string[]
  /** Shims in this program's PATH, by the names of runtimes: `io.containerd.runc.v2`. A daemon with another PATH may have others. */
  readonly runtimes: readonly string[]
  /** Layout of this machine; absent where it cannot be told. */
  readonly cgroupVersion?: 1 | 2
}

const CGROUP2_MAGIC = 0x6367_7270
const SNAPSHOTTER = 'io.containerd.snapshotter.v1'

/** Asks a daemon what it is and has.
 *  @throws {TeuError} ERR_TEU_UNAVAILABLE */
export async function features(ctx: ClientContext, signal?: AbortSignal): Promise<Features> {
  const { version, introspection } = ctx.services
  const [{ version: name, revision }, { plugins: found }, server, runtimes, cgroupVersion] = await Promise.all([
    version.version({}, { signal }),
    introspection.plugins({}, { signal }),
    introspection.server({}, { signal }).catch(() => {}),
    installedRuntimes(),
    readCgroupVersion(),
  ])
  const plugins = found.map(({ type, id, initErr }) => (initErr === undefined ? { type, id } : { type, id, error: initErr.message }))
  return {
    version: name,
    revision,
    ...(server === undefined ? {} : { uuid: server.uuid }),
    plugins,
    snapshotters: plugins.filter((plugin) => plugin.type === SNAPSHOTTER && !('error' in plugin)).map(({ id }) => id),
    runtimes,
    ...(cgroupVersion === undefined ? {} : { cgroupVersion }),
  }
}

async function installedRuntimes(): Promise<string[]> {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '')
  const names = await Promise.all(directories.map((directory) => readdir(directory).catch(() => [])))
  const shims = names.flat().map((name) => /^containerd-shim-([a-z0-9]+)-(v\d+)$/i.exec(name))
  return [...new Set(shims.filter((shim) => shim !== null).map(([, name, version]) => `io.containerd.${name}.${version}`))].sort()
}

async function readCgroupVersion(): Promise<1 | 2 | undefined> {
  const root = '/sys/fs/cgroup'
  const info = await statfs(root).catch(() => {})
  if (info === undefined) return undefined
  if (info.type === CGROUP2_MAGIC) return 2
  return access(join(root, 'memory')).then(
    () => 1,
    () => undefined,
  )
}
