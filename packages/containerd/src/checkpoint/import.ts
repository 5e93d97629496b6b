/** Checkpoint directories into the content store, for the start of a container. */

import { createHash, randomUUID } from 'node:crypto'
import type { ClientContext } from '../context.ts'
import { isContainerdError } from '../error/code.ts'
import { WriteAction } from '../gen/containerd/services/content/v1/content.gen.ts'
import { CRIU_TAR_TYPE } from './media-type.ts'
import { takeLease } from './lease.ts'
import { packDirectory } from './pack.ts'

/** Pieces of a message; messages may have 16 MiB. */
const PIECE_BYTES = 1024 * 1024

/** A checkpoint in the content store. */
export interface ImportedCheckpoint {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: bigint }
  /** Frees it. */
  release(): Promise<void>
}

/** Packs a directory and uploads it. */
export async function importCheckpoint(ctx: ClientContext, dir: string, signal?: AbortSignal): Promise<ImportedCheckpoint> {
  const lease = await takeLease(ctx, signal)
  try {
    const hash = createHash('sha256')
    let size = 0n
    // Names in use answer UNAVAILABLE, so each upload has one of its own.
    const ref = `teu-checkpoint-${randomUUID()}`
    const requests = async function* () {
      for await (const data of pieces(packDirectory(dir))) {
        hash.update(data)
        yield { action: WriteAction.WRITE, ref, offset: size, data }
        size += BigInt(data.length)
      }
      yield { action: WriteAction.COMMIT, ref, offset: size }
    }
    try {
      const answers = lease.services.content.write(requests(), { signal })
      for await (const _ of answers) continue
    } catch (error) {
      // The same checkpoint is there already, which is as good.
      if (!isContainerdError(error, 'ERR_TEU_ALREADY_EXISTS')) throw error
    }
    return { descriptor: { mediaType: CRIU_TAR_TYPE, digest: `sha256:${hash.digest('hex')}`, size }, release: () => lease.release() }
  } catch (error) {
    await lease.release()
    throw error
  }
}

/** Collects small chunks: a tar has many of 512 bytes. */
async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    heldBytes += chunk.length
    if (heldBytes < PIECE_BYTES) continue
    yield Buffer.concat(held)
    held = []
    heldBytes = 0
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}
