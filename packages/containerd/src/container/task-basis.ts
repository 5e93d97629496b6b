/** What a task is made of beside its streams. */

import type { Container } from '../gen/containerd/services/containers/v1/containers.gen.ts'
import { type HostOwner, rootOwner } from './bundle-dir.ts'
import { specOf } from './record.ts'

/** The part of a container's record that its task is made of. Small, unlike the config, so that it can be kept for any number of containers. */
export interface TaskBasis extends Pick<Container, 'id' | 'runtime' | 'snapshotter' | 'snapshotKey'> {
  readonly terminal: boolean
  /** SELinux label of the root file system; empty for none. */
  readonly mountLabel: string
  readonly owner: HostOwner
}

/** Reads it from a record. */
export function taskBasis(record: Container): TaskBasis {
  const { id, runtime, snapshotter, snapshotKey } = record
  const spec = specOf(record)
  const terminal = spec.process?.terminal === true
  return { id, runtime, snapshotter, snapshotKey, terminal, mountLabel: spec.linux?.mountLabel ?? '', owner: rootOwner(spec) }
}
