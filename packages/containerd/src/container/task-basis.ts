/** What a task is made of beside its streams. */

import type { Spec } from '@teu/spec'
import type { Any } from '../any.ts'
import { type HostOwner, rootOwner } from './bundle-dir.ts'

/** The part of a container's record that its task is made of. Small, unlike the config, so that it can be kept for any number of containers. */
export interface TaskBasis {
  readonly id: string
  readonly runtime?: { readonly name: string; readonly options?: Any | undefined } | undefined
  readonly snapshotter: string
  readonly snapshotKey: string
  readonly terminal: boolean
  /** SELinux label of the root file system; empty for none. */
  readonly mountLabel: string
  readonly owner: HostOwner
}

/** Takes it from the fields of a record and the config that is in it. */
export function taskBasis(
  record: Pick<TaskBasis, 'id' | 'runtime' | 'snapshotter' | 'snapshotKey'>,
  spec: Pick<Partial<Spec>, 'process' | 'linux'>,
): TaskBasis {
  const { id, runtime, snapshotter, snapshotKey } = record
  const terminal = spec.process?.terminal === true
  const label: unknown = spec.linux?.mountLabel
  const mountLabel = typeof label === 'string' ? label : ''
  return { id, runtime, snapshotter, snapshotKey, terminal, mountLabel, owner: rootOwner(spec) }
}
