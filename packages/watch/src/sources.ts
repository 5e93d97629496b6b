/** The kinds of engines that are known. A new one is a folder of its own and a line here. */

import { basename } from 'node:path'
import { CONTAINERD } from './containerd/source.ts'
import { CRI } from './cri/source.ts'
import { DOCKER } from './docker/source.ts'
import { PODMAN } from './podman/source.ts'
import type { Source } from './source.ts'

export const SOURCES: readonly Source[] = [DOCKER, PODMAN, CONTAINERD, CRI]

/** The source that a socket's name speaks of. */
export function sourceByName(path: string, sources: readonly Source[] = SOURCES): Source | undefined {
  return sources.find(({ socketName }) => socketName.test(basename(path)))
}
