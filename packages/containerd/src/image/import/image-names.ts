/** What the images of an archive are to be called. */

import { TeuError } from '@teu/spec'
import type { Descriptor } from '../document/descriptor.ts'
import { isTag, normalizeReference } from '../document/reference.ts'

/** One image of an archive and the names that the archive has for it. */
export interface FoundImage {
  readonly target: Descriptor
  /** Full or short names; a tag alone says what a given name is to be completed with. */
  readonly names: readonly string[]
}

/** An image and its name in containerd. */
export interface NamedImage {
  readonly target: Descriptor
  readonly name: string
}

/** Annotation of containerd and docker with the full name. */
const FULL_NAME = 'io.containerd.image.name'
/** Annotation of OCI: a tag, but some tools write a full name. */
const REF_NAME = 'org.opencontainers.image.ref.name'

/** The name that an entry of index.json has. */
export function annotatedNames({ annotations = {} }: Descriptor): string[] {
  const name = annotations[FULL_NAME] ?? annotations[REF_NAME]
  return name === undefined || name === '' ? [] : [name]
}

/**
 * Names for all images. Pure.
 * @param given  the user's name. Without a tag it takes the archive's tags
 * @throws {TeuError} ERR_TEU_USAGE when an image has no name, or several would get the same
 */
export function nameImages(images: readonly FoundImage[], given: string | undefined): NamedImage[] {
  const named = images.flatMap(({ target, names }) => {
    const full = given === undefined ? names.map((name) => archiveName(name)) : givenNames(given, names)
    if (full.length === 0) throw nameless(target.digest)
    return full.map((name) => ({ name, target }))
  })
  const byName = new Map(named.map((image) => [image.name, image]))
  const clash = named.find(({ name, target }) => byName.get(name)?.target.digest !== target.digest)
  if (clash === undefined) return [...byName.values()]
  throw new TeuError('ERR_TEU_USAGE', `Cannot import: the archive has several images that would be called ${clash.name}`, {
    remedy: 'Leave out the name, or give one without a tag',
  })
}

function archiveName(name: string): string {
  // Nobody can tell "latest" from a name; the specification says that it is a tag.
  if (!/[/:]/.test(name)) throw nameless(name)
  return normalizeReference(name)
}

function givenNames(given: string, names: readonly string[]): string[] {
  const hasTail = /[:@]/.test(given.slice(given.lastIndexOf('/') + 1))
  const tags = hasTail ? [] : names.map((name) => tagOf(name)).filter((tag) => tag !== undefined)
  return tags.length === 0 ? [normalizeReference(given)] : tags.map((tag) => normalizeReference(`${given}:${tag}`))
}

function tagOf(name: string): string | undefined {
  if (!/[/:]/.test(name)) return isTag(name) ? name : undefined
  const last = name.slice(name.lastIndexOf('/') + 1)
  const colon = last.indexOf(':')
  return colon === -1 || last.includes('@') ? undefined : last.slice(colon + 1)
}

function nameless(image: string): Error {
  return new TeuError('ERR_TEU_USAGE', `Cannot import: the archive has no full name for the image ${image}`, {
    remedy: 'Give a name',
  })
}
