/** Output of a program, kept in memory up to a limit and drained beyond it, so that the program never stalls and we never grow. */

import { finished } from 'node:stream'

/** Default limit for each stream, in bytes. */
export const DEFAULT_MAX_OUTPUT_BYTES: number = 16 * 1024 * 1024

export interface CapturedStream {
  readonly bytes: Buffer
  /** True when the program wrote more than was kept. */
  readonly truncated: boolean
}

/** Reads `stream` to its end and keeps the first `maxBytes`. */
export async function capture(stream: NodeJS.ReadableStream, maxBytes: number): Promise<CapturedStream> {
  const chunks: Buffer[] = []
  let size = 0
  let truncated = false
  await new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      const room = maxBytes - size
      if (chunk.length > room) truncated = true
      if (room <= 0) return
      const kept = chunk.length > room ? chunk.subarray(0, room) : chunk
      chunks.push(kept)
      size += kept.length
    })
    // Also true of a stream that had come to its end before anybody listened, and of one that is dropped.
    finished(stream, { writable: false }, () => resolve())
  })
  return { bytes: Buffer.concat(chunks), truncated }
}
