/** Checkpoint directories into the content store, for the start of a container. */

import type { ClientContext } from '../context.ts'
import { takeLease, type TakenLease } from '../lease.ts'
import { report } from '../report.ts'
import { writeBlob } from '../image/content/write-blob.ts'
import { CRIU_TAR_TYPE } from './media-type.ts'
import { packDirectory } from './pack.ts'

/** A checkpoint in the content store. */
export interface ImportedCheckpoint {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: bigint }
  /** Frees it. */
  release(): Promise<void>
}

/** Packs a directory and uploads it. */
export async function importCheckpoint(ctx: ClientContext, dir: string, signal?: AbortSignal): Promise<ImportedCheckpoint> {
  const lease = await takeLease(ctx.services, 'checkpoint')
  try {
    const { digest, size } = await writeBlob(lease.services, packDirectory(dir), { name: `the checkpoint ${dir}`, signal })
    return { descriptor: { mediaType: CRIU_TAR_TYPE, digest, size: BigInt(size) }, release: () => giveBack(lease) }
  } catch (error) {
    await giveBack(lease)
    throw error
  }
}

async function giveBack(lease: TakenLease): Promise<void> {
  for (const error of await lease.release({ collect: true })) report({ what: `delete lease ${lease.id}`, error })
}
