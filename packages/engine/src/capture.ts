/** Output of a program, kept in memory up to a limit and drained beyond it, so that the program never stalls and we never grow. */

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
    // A stream that is dropped because the container could not start ends in `close` alone.
    stream.once('end', resolve)
    stream.once('close', resolve)
    stream.once('error', () => resolve())
  })
  return { bytes: Buffer.concat(chunks), truncated }
}
