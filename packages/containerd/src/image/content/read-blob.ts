/** Reading from the content store. */

import { isTeuError } from '@teu/spec'
import type { Services } from '../../rpc/services.ts'
import type { Descriptor } from '../document/descriptor.ts'
import { Verifier } from '../document/digest.ts'
import { imageError } from '../document/image-error.ts'
import { MAX_DOCUMENT_BYTES } from '../document/limits.ts'

/** Which part of a blob to read. */
export interface ReadBlobOptions {
  /** Default 0. */
  readonly offsetBytes?: number | undefined
  /** Default: to the end. */
  readonly lengthBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The bytes of a blob as they come. Leaving the loop ends the call.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND */
export async function* readBlob(
  services: Services,
  digest: string,
  { offsetBytes = 0, lengthBytes, signal }: ReadBlobOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  if (lengthBytes === 0) return
  const range = { offset: BigInt(offsetBytes), size: BigInt(lengthBytes ?? 0) }
  for await (const { data } of services.content.read({ digest, ...range }, { signal })) yield data
}

/** All bytes of a document, verified.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND when the store has no such blob; ERR_TEU_IMAGE_INVALID for one that is too large, or whose size
 *  is not as the descriptor says */
export async function readDocumentBlob(services: Services, { digest, size }: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
  if (size > MAX_DOCUMENT_BYTES) throw imageError(`${digest}: expected at most ${MAX_DOCUMENT_BYTES} bytes of JSON, got ${size}`)
  const verifier = new Verifier(digest, digest, size)
  const chunks: Uint8Array[] = []
  for await (const data of readBlob(services, digest, { signal })) {
    verifier.update(data)
    chunks.push(data)
  }
  verifier.finish()
  return Buffer.concat(chunks)
}

/** The same, or undefined when the store has no such blob. */
export async function findDocumentBlob(services: Services, target: Descriptor, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await readDocumentBlob(services, target, signal)
  } catch (error) {
    if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return undefined
    throw error
  }
}
