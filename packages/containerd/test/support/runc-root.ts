/** Where the shim has runc keep its state when nobody says otherwise. */

import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** Directories by namespace. */
export const RUNC_ROOT = '/run/containerd/runc'

/** Removes the directory of a namespace, which the shim leaves. */
export function removeRuncRoot(namespace: string): void {
  const path = join(RUNC_ROOT, namespace)
  if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path)
}
