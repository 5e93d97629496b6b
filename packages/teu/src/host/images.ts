/** `teu images list` and `teu images rm`. */

import { toTable } from '../cli/table.ts'
import { byteText } from '../human/ending.ts'
import { defineHostCommand, type HostCommand } from './context.ts'
import { eachOf } from './each-of.ts'
import type { HostImage } from './host.ts'
import { FORMAT_OPTION, isJson, jsonLines } from './output-format.ts'
import { ago } from './words.ts'

const ID_LENGTH = 12
const NONE = '<none>'

/** Lists images by name. */
export const imagesList: HostCommand = defineHostCommand({
  name: 'images list',
  summary: 'List images',
  synopsis: '',
  options: {
    quiet: { kind: 'flag', short: 'q', help: 'Print digests only' },
    'no-trunc': { kind: 'flag', help: 'Print digests in full' },
    format: FORMAT_OPTION,
  },
  arity: [0, 0],
  check: ({ format }) => void isJson(format),
  async run({ quiet = false, 'no-trunc': full = false, format }, _args, { io, host }) {
    const images = (await (await host()).images()).sort((a, b) => (a.record.name < b.record.name ? -1 : 1))
    const digest = ({ record }: HostImage): string => (full ? record.target.digest : shortDigest(record.target.digest))
    if (isJson(format)) io.out(jsonLines(images.map(documentOf)))
    else if (quiet) io.out(images.map((image) => `${digest(image)}\n`).join(''))
    else {
      const now = io.now()
      const lines = images.map((image) => [
        ...splitName(image.record.name),
        digest(image),
        ago(image.record.createdAt, now),
        image.platform ?? NONE,
        image.sizeBytes === undefined ? NONE : byteText(BigInt(image.sizeBytes)),
      ])
      io.out(toTable([['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'PLATFORM', 'SIZE'], ...lines]))
    }
  },
})

/** Takes names away; blobs and snapshots that nobody else needs go with them. */
export const imagesRemove: HostCommand = defineHostCommand({
  name: 'images rm',
  summary: 'Remove images',
  synopsis: 'NAME…',
  options: {},
  arity: [1, Number.POSITIVE_INFINITY],
  async run(_values, names, context) {
    const host = await context.host()
    await eachOf(names, context, async (name) => {
      await host.removeImage(name)
      context.io.out(`${name}\n`)
    })
  },
})

function documentOf({ record, platform, sizeBytes }: HostImage): object {
  const { name, target, labels, createdAt, updatedAt } = record
  return {
    name,
    digest: target.digest,
    mediaType: target.mediaType,
    ...(platform !== undefined && { platform }),
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(createdAt && { createdAt }),
    ...(updatedAt && { updatedAt }),
    labels,
  }
}

const shortDigest = (digest: string): string => digest.replace(/^\w+:/, '').slice(0, ID_LENGTH)

/** Repository and tag; the port of a registry is none. */
function splitName(name: string): [string, string] {
  const [path = ''] = name.split('@', 1)
  const colon = path.indexOf(':', path.lastIndexOf('/') + 1)
  return colon < 0 ? [path, NONE] : [path.slice(0, colon), path.slice(colon + 1)]
}
