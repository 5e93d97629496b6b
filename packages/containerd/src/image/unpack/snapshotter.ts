/** Which of the daemon's snapshotters keeps root file systems. */

import { TeuError } from '@teu/spec'
import type { Services } from '../../rpc/services.ts'

const PLUGIN_TYPE = 'io.containerd.snapshotter.v1'
/** overlayfs shares layers between containers; native copies them, and works on every file system. */
const PREFERRED = ['overlayfs', 'native']

/** The snapshotters that the daemon has and could start. */
export async function listSnapshotters(services: Services, signal?: AbortSignal): Promise<string[]> {
  const { plugins } = await services.introspection.plugins({ filters: [`type==${PLUGIN_TYPE}`] }, { signal })
  return plugins.filter(({ initErr }) => initErr === undefined).map(({ id }) => id)
}

/** The wanted snapshotter, else the first of overlayfs and native that works.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when the daemon has none of them */
export async function chooseSnapshotter(services: Services, wanted: string | undefined, signal?: AbortSignal): Promise<string> {
  const working = await listSnapshotters(services, signal)
  const chosen = wanted === undefined ? PREFERRED.find((name) => working.includes(name)) : working.find((name) => name === wanted)
  if (chosen !== undefined) return chosen
  const asked = wanted === undefined ? PREFERRED.join(' or ') : wanted
  throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot use snapshotter ${asked}: the daemon has ${working.join(', ') || 'none'}`)
}
