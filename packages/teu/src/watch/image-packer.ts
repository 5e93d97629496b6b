/** The image of a container, which the watcher does not keep by itself. */

import type { Container, Packer } from '@teu/watch'

interface Rucksack {
  readonly image: string | undefined
}

/** Takes the name of the image out of what an engine tells. */
export const packImage: Packer = (_container, raw): Rucksack => {
  const { Config } = (raw ?? {}) as { readonly Config?: { readonly Image?: unknown } | null }
  return { image: typeof Config?.Image === 'string' && Config.Image !== '' ? Config.Image : undefined }
}

/** Undefined when it is not known. */
export function imageOf({ rucksack }: Container): string | undefined {
  return (rucksack as Rucksack | undefined)?.image
}
