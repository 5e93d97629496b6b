/** Labels of blobs. Garbage collection follows them from what is in use: what no label, record or lease leads to is removed. */

import type { Services } from '../../rpc/services.ts'
import type { Descriptor } from '../document/descriptor.ts'

/** Labels that containerd gives a meaning to. @see containerd docs/garbage-collection.md */
export const LABEL = {
  /** On a blob: another blob that it needs. A suffix tells several apart. */
  content: 'containerd.io/gc.ref.content',
  /** On a blob, with the snapshotter's name as suffix: a snapshot that it needs. */
  snapshot: 'containerd.io/gc.ref.snapshot',
  /** On a compressed layer: its digest when unpacked. */
  uncompressed: 'containerd.io/uncompressed',
  /** On anything: it is in use by itself. */
  root: 'containerd.io/gc.root',
  /** On a lease: when it ends by itself, RFC 3339. */
  expire: 'containerd.io/gc.expire',
} as const

/** Sets labels of a blob and keeps its others.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND when the store has no such blob */
export async function labelBlob(
  services: Services,
  digest: string,
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<void> {
  const paths = Object.keys(labels).map((key) => `labels.${key}`)
  if (paths.length === 0) return
  await services.content.update({ info: { digest, labels: { ...labels } }, updateMask: { paths } }, { signal })
}

/** Labels of an index: each of its manifests. */
export function indexLabels(manifests: readonly Descriptor[]): Record<string, string> {
  return Object.fromEntries(manifests.map(({ digest }, n) => [`${LABEL.content}.m.${n}`, digest]))
}

/** Labels of a manifest: its config and its layers. */
export function manifestLabels(config: Descriptor, layers: readonly Descriptor[]): Record<string, string> {
  const refs = layers.map(({ digest }, n) => [`${LABEL.content}.l.${n}`, digest] as const)
  return { [`${LABEL.content}.config`]: config.digest, ...Object.fromEntries(refs) }
}
