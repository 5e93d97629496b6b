/** Which containers of a containerd are watched. */

import type { ContainerRecord } from '@teu/containerd'
import { DOCKER_BUNDLE_LABEL, DOCKER_NAMESPACE } from './names.ts'

/** Which namespaces of a containerd are watched. */
export interface NamespaceOptions {
  /** Only these. Default: all that there are, those that come later too. */
  readonly namespaces?: readonly string[] | undefined
  /** Not these. Default: {@link DOCKER_NAMESPACE}; with it, containers of dockerd in any other namespace are left out, too. */
  readonly ignoreNamespaces?: readonly string[] | undefined
}

/** See the head of this file. */
export class NamespaceRules {
  /** The namespaces that were asked for; undefined when all are. */
  readonly wanted: readonly string[] | undefined
  readonly #ignored: ReadonlySet<string>
  readonly #wanted: ReadonlySet<string> | undefined

  /** @throws {TypeError} for what is no list of names */
  constructor({ namespaces, ignoreNamespaces }: NamespaceOptions) {
    checkNames('namespaces', namespaces)
    checkNames('ignoreNamespaces', ignoreNamespaces)
    // Somebody who asks for Docker's namespace by its name gets it.
    const ignored = ignoreNamespaces ?? (namespaces?.includes(DOCKER_NAMESPACE) === true ? [] : [DOCKER_NAMESPACE])
    this.#ignored = new Set(ignored)
    this.#wanted = namespaces === undefined ? undefined : new Set(namespaces)
    this.wanted = namespaces === undefined ? undefined : [...new Set(namespaces)].filter((one) => !this.#ignored.has(one))
  }

  /** Is this namespace watched? */
  includes(namespace: string): boolean {
    return !this.#ignored.has(namespace) && this.#wanted?.has(namespace) !== false
  }

  /** Is this container of a watched namespace watched, going by its record? */
  takes(record: DockerTraits): boolean {
    return !this.#ignored.has(DOCKER_NAMESPACE) || !isDockers(record)
  }
}

/** By what dockerd's records are recognised. */
export type DockerTraits = Pick<ContainerRecord, 'id' | 'labels' | 'image' | 'extensions'>

/** dockerd makes its ids up; nobody knows them before. */
const DOCKER_ID = /^[0-9a-f]{64}$/

/** Made by dockerd? Labels are also what an image says, by way of CRI, nerdctl or ctr, and a container must not be able to hide itself with
 *  one. So it is not the label that counts but its value: the path of a directory that is named for the container's own id, which an image
 *  cannot know. Besides, dockerd's records have no other label, no image and no extensions, as those of the others have. */
function isDockers({ id, labels, image, extensions }: DockerTraits): boolean {
  const bundle = Object.hasOwn(labels, DOCKER_BUNDLE_LABEL) ? labels[DOCKER_BUNDLE_LABEL] : undefined
  if (bundle === undefined || !DOCKER_ID.test(id) || !bundle.startsWith('/') || !bundle.endsWith(`/${id}`)) return false
  return Object.keys(labels).length === 1 && image === '' && Object.keys(extensions).length === 0
}

function checkNames(option: string, names: unknown): void {
  if (names === undefined || (Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== ''))) return
  throw new TypeError(`ContainerdEngine: ${option} must be an array of names of namespaces`)
}
