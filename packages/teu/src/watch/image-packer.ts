/** The image of a container, which the watcher does not keep by itself. */

import type { Container, Packer } from '@teu/watch'

interface Rucksack {
  readonly image: string | undefined
}

/** Characters of a name that are kept; it is whatever the engine says. */
const MOST_NAME = 1_024

/** Takes the name of the image out of what an engine tells, be it in a list or about one container. */
export const packImage: Packer = (_container, raw): Rucksack => ({ image: nameIn(raw) })

/** Undefined when it is not known. */
export function imageOf({ rucksack }: Container): string | undefined {
  return (rucksack as Rucksack | undefined)?.image
}

/** Where the name is. `Image` of a document with `Config` is an id, that of an item of a list a name. */
function nameIn(raw: unknown): string | undefined {
  // Docker and Podman about one container.
  if (at(raw, 'Config') !== undefined) return text(at(raw, 'Config', 'Image')) ?? text(at(raw, 'ImageName'))
  const criImage = at(raw, 'status', 'status', 'image')
  return (
    text(at(raw, 'Image')) ?? // an item of a list of Podman
    text(at(raw, 'record', 'image')) ?? // containerd
    text(at(criImage, 'userSpecifiedImage')) ?? // CRI, as it was asked for; the other may be a digest
    text(at(criImage, 'image'))
  )
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let inner = value
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = (inner as Readonly<Record<string, unknown>>)[key]
  }
  return inner ?? undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value.slice(0, MOST_NAME) : undefined)
