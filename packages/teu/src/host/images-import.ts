/** `teu images import`. */

import { resolve } from 'node:path'
import { printable } from '../cli/table.ts'
import { byteText } from '../human/ending.ts'
import { defineHostCommand, type HostCommand, type HostContext } from './context.ts'
import type { BlobProgress } from './host.ts'
import { interruptible } from './signal-relay.ts'

const DIGEST_LENGTH = 19
/** Start of the line, and what was in it away. */
const REWRITE = '\r\u001b[K'

/** Imports the images of an archive or of a layout, and prints their names. */
export const imagesImport: HostCommand = defineHostCommand({
  name: 'images import',
  summary: 'Import images from an archive or an OCI image layout',
  synopsis: 'FILE|DIR|-',
  options: { tag: { kind: 'text', short: 't', value: 'NAME', help: 'Name for the image, in place of the one in the archive' } },
  notes: `FILE is an archive of an OCI image layout or of "docker save", also compressed with gzip; - reads it from stdin.
When it fails, or is interrupted, nothing of it stays.`,
  arity: [1, 1],
  run: ({ tag }, [source = ''], context) =>
    interruptible(context.console, async ({ signal }) => {
      const host = await context.host()
      const progress = progressFor(context)
      try {
        const from = source === '-' ? (context.console.input() as AsyncIterable<Uint8Array>) : resolve(context.io.cwd, source)
        const images = await host.importImages(from, { ...(tag !== undefined && { name: tag }), onProgress: progress.tell, signal })
        progress.end()
        context.io.out(images.map(({ name }) => `${printable(name)}\n`).join(''))
        return 0
      } finally {
        progress.end()
      }
    }),
})

/** One line on a terminal that says how far it is; nothing elsewhere. */
function progressFor({ io, console }: HostContext): { tell: (progress: BlobProgress) => void; end: () => void } {
  if (!console.isTerminal('stderr')) return { tell: () => undefined, end: () => undefined }
  let isShown = false
  return {
    tell: ({ path, digest, doneBytes, totalBytes, status }) => {
      const name = digest?.slice(0, DIGEST_LENGTH) ?? path
      const amount = status === 'exists' ? 'exists' : `${byteText(BigInt(doneBytes))} / ${byteText(BigInt(totalBytes))}`
      io.err(`${REWRITE}${printable(name)}  ${amount}`)
      isShown = true
    },
    end: () => {
      if (isShown) io.err(REWRITE)
      isShown = false
    },
  }
}
