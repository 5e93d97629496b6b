/** Directories of FIFOs that nobody needs any more. */

import { removeBundleDir } from '../container/bundle-dir.ts'
import { report } from '../report.ts'

/** Removes a directory that nobody needs any more; a failure is only reported. */
export async function removeBundle(id: string, bundle: string): Promise<void> {
  try {
    await removeBundleDir(bundle)
  } catch (error) {
    report({ what: `remove ${bundle}`, containerId: id, error })
  }
}
