/** Writing into the content store: bytes in, a verified blob out, and nothing left of what fails. */

import { randomUUID } from 'node:crypto'
import { isTeuError, type Deferred, deferred } from '@teu/spec'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { WriteAction, type WriteContentRequestSchema } from '../../gen/containerd/services/content/v1/content.gen.ts'
import type { Services } from '../../rpc/services.ts'
import { fromRpc } from '../../error/from-rpc.ts'
import { StallTimer } from '../../rpc/stall.ts'
import { Verifier } from '../document/digest.ts'
import { stoppable } from './stoppable.ts'

/** What {@link writeBlob} takes beside the bytes. */
export interface WriteBlobOptions {
  /** For messages. */
  readonly name?: string
  /** Checked here and by the daemon; without it the blob is named by what came. */
  readonly digest?: string
  /** Bytes; checked. */
  readonly size?: number
  readonly labels?: Readonly<Record<string, string>>
  /** Bytes so far. */
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/** A blob that is in the store now. */
export interface WrittenBlob {
  readonly digest: string
  readonly size: number
  /** It was there before. Its labels are then those that it had. */
  readonly existed: boolean
  /** Its first bytes, at least four where there are as many. */
  readonly head: Uint8Array
}

/** Bytes of one message; containerd takes 16 MiB, smaller ones keep memory and delays small. Bun 1.4's HTTP/2 comes to a halt at the second
 *  message above the first flow control window of 64 KiB (measured: 60 KiB works, 128 KiB does not). */
const MESSAGE_BYTES = process.versions['bun'] === undefined ? 512 * 1024 : 32 * 1024
const HEAD_BYTES = 16
/** How long a call may take to end after an abort, before it is cancelled. */
const GRACE_MS = 2_000
/** How long the removal of what was written may take, where the end of the lease does the same. */
const ABORT_TIMEOUT_MS = 10_000

/**
 * Writes a blob and waits until the daemon has it for good. Bytes are verified even when the blob is there already. The caller holds a
 * lease, or the next garbage collection takes the blob away.
 * @param body  read to its end; given back early when something fails
 * @throws {TeuError} ERR_TEU_IMAGE_INVALID when digest or size differ; ERR_TEU_UNAVAILABLE; ERR_TEU_TIMEOUT when the daemon takes nothing for as
 *                     long as a call may take
 */
export async function writeBlob(
  services: Services,
  body: AsyncIterable<Uint8Array>,
  { name = 'blob', digest, size, labels = {}, onBytes = () => {}, signal }: WriteBlobOptions = {},
): Promise<WrittenBlob> {
  signal?.throwIfAborted()
  const ref = `teu-${randomUUID()}`
  const verifier = new Verifier(name, digest, size)
  const stop = new AbortController()
  const source = messages(observed(stoppable(body, stop.signal), verifier, onBytes))
  const opened = deferred<boolean>()
  // It runs while it is the daemon's turn, and not while the body has nothing to say.
  const stall = new StallTimer(services.callTimeoutMs)
  let head: Uint8Array = new Uint8Array()
  let failure: { readonly error: unknown } | undefined

  async function* requests(): AsyncGenerator<MessageInitShape<typeof WriteContentRequestSchema>> {
    const common = { ref, total: BigInt(size ?? 0), expected: digest ?? '' }
    stall.start()
    yield { ...common, action: WriteAction.STAT }
    // Before that answer the daemon may say that it has the blob; then the bytes are not for it.
    if (!(await opened.promise)) return
    stall.stop()
    let offset = 0n
    try {
      for await (const data of source) {
        if (offset === 0n) head = data.slice(0, HEAD_BYTES)
        stall.start()
        yield { ...common, action: WriteAction.WRITE, offset, data }
        stall.stop()
        offset += BigInt(data.length)
      }
      verifier.finish()
    } catch (error) {
      // The call ends in good order, and with its end the daemon has closed its file. What is cancelled it closes some time later, and
      // when it is told to remove the file at that time, it leaves half of it.
      failure = { error }
      stall.start()
      return
    }
    stall.start()
    yield { action: WriteAction.COMMIT, ref, offset, total: offset, expected: verifier.finish(), labels: { ...labels } }
  }

  const call = new AbortController()
  let grace: ReturnType<typeof setTimeout> | undefined
  const abort = (): void => {
    stop.abort(signal?.reason)
    opened.resolve(false)
    grace = setTimeout(() => call.abort(signal?.reason), Math.min(GRACE_MS, services.callTimeoutMs || GRACE_MS))
  }
  signal?.addEventListener('abort', abort, { once: true })
  stall.signal.addEventListener('abort', () => {
    stop.abort(stall.signal.reason)
    opened.resolve(false)
    call.abort(stall.signal.reason)
  })
  try {
    await consume(services.content.write(requests(), { signal: call.signal }), opened)
    if (failure !== undefined) throw fromRpc(failure.error, { what: `write ${name}`, operation: 'write' })
    signal?.throwIfAborted()
    return { digest: verifier.finish(), size: verifier.bytes, existed: false, head }
  } catch (error) {
    opened.resolve(false)
    if (!isTeuError(error, 'ERR_TEU_ALREADY_EXISTS')) {
      stop.abort(error)
      await abortIngest(services, ref)
      signal?.throwIfAborted()
      throw error
    }
    // After COMMIT the daemon itself has removed what was written under this ref.
    for await (const data of source) if (head.length === 0) head = data.slice(0, HEAD_BYTES)
    return { digest: verifier.finish(), size: verifier.bytes, existed: true, head }
  } finally {
    stall.close()
    clearTimeout(grace)
    signal?.removeEventListener('abort', abort)
  }
}

async function consume(answers: AsyncIterable<unknown>, opened: Deferred<boolean>): Promise<void> {
  for await (const _ of answers) opened.resolve(true)
}

async function* observed(
  body: AsyncIterable<Uint8Array>,
  verifier: Verifier,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    verifier.update(chunk)
    onBytes(verifier.bytes)
    yield chunk
  }
}

/** Pieces of a size that is worth a message. */
async function* messages(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += MESSAGE_BYTES) {
      const piece = chunk.subarray(at, at + MESSAGE_BYTES)
      if (bytes + piece.length > MESSAGE_BYTES) {
        yield Buffer.concat(pieces)
        pieces = []
        bytes = 0
      }
      pieces.push(piece)
      bytes += piece.length
    }
  }
  if (bytes > 0) yield Buffer.concat(pieces)
}

/** Gives back what an unfinished write has taken. Where that fails the end of the lease does it. */
async function abortIngest(services: Services, ref: string): Promise<void> {
  const timeoutMs = Math.min(ABORT_TIMEOUT_MS, services.cleanupTimeoutMs)
  await services.content.abort({ ref }, { timeoutMs }).catch(() => {})
}
