/** The table of contents of `docker save`: manifest.json. @see docker image spec v1.2 "Combined Image JSON + Filesystem Changeset Format" */

import { readJson } from '../document/json-reader.ts'
import { MAX_INDEX_ENTRIES, MAX_LAYERS } from '../document/limits.ts'

/** One image of such an archive; paths are those of the archive. */
export interface DockerImage {
  readonly config: string
  /** Short names with tags: `busybox:latest`. */
  readonly repoTags: readonly string[]
  /** The lowest first. */
  readonly layers: readonly string[]
}

/** Parses manifest.json.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function parseDockerManifest(bytes: Uint8Array): DockerImage[] {
  return readJson(bytes, 'manifest.json')
    .list(MAX_INDEX_ENTRIES)
    .map((image) => {
      const tags = image.member('RepoTags')
      const layers = image.member('Layers')
      return {
        config: image.member('Config').text(),
        repoTags: tags.isGiven ? tags.texts(MAX_INDEX_ENTRIES) : [],
        layers: layers.isGiven ? layers.texts(MAX_LAYERS) : [],
      }
    })
}
