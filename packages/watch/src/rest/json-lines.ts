/** JSON documents, one per line, out of a stream that may be split anywhere. */

import { TeuError } from '@teu/spec'
import { parseJson } from '../answers/parse-json.ts'

const MAX_LINE_BYTES = 4 * 1024 * 1024
const NEWLINE = 0x0a

/** Documents in the order of the stream.
 *  @throws {TeuError} ERR_TEU_SYSTEM for a line that is too long, or that is no JSON */
export async function* parseJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  let rest: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...rest, chunk.subarray(start, end)])
        .toString()
        .trim()
      rest = []
      size = 0
      start = end + 1
      if (line !== '') yield parse(line)
    }
    if (start === chunk.length) continue
    rest.push(chunk.subarray(start))
    size += chunk.length - start
    if (size > MAX_LINE_BYTES) throw new TeuError('ERR_TEU_SYSTEM', `A line of the stream has more than ${MAX_LINE_BYTES} bytes`)
  }
}

function parse(line: string): unknown {
  try {
    return parseJson(line)
  } catch (cause) {
    const what = cause instanceof RangeError ? `with ${cause.message}` : 'that is no JSON'
    throw new TeuError('ERR_TEU_SYSTEM', `The stream has a line ${what}: ${line.slice(0, 80)}`, { cause })
  }
}
