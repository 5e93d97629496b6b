/** Names of containers across the namespaces of a containerd. Neither namespaces nor ids contain a slash, so the first one separates them. */

import { readName } from '../answers/values.ts'

/** What the labels begin with in which nerdctl keeps its own facts. */
export const NERDCTL_LABEL_PREFIX = 'nerdctl/'

/** Label with the container's name, as opposed to its id. */
export const NERDCTL_NAME_LABEL: string = `${NERDCTL_LABEL_PREFIX}name`

/** The namespace of dockerd's own containers. Their names are known to Docker's API only, so it is left to {@link DockerEngine}. */
export const DOCKER_NAMESPACE = 'moby'

/** Label that dockerd, from 20.10 on, gives its containers in whatever namespace it has been told to use: the directory of the container's
 *  config, which is named for its id. By itself it proves nothing. */
export const DOCKER_BUNDLE_LABEL = 'com.docker/engine.bundle.path'

/** Displayed without its name. */
const DEFAULT_NAMESPACE = 'default'

/** A container as containerd addresses it. */
export interface ContainerKey {
  readonly namespace: string
  /** Within the namespace. */
  readonly id: string
}

/** The id, or name, by which a container is known outside: `web` in the namespace `default`, `shop/web` in others. */
export function displayed(namespace: string, idOrName: string): string {
  return namespace === DEFAULT_NAMESPACE ? idOrName : `${namespace}/${idOrName}`
}

/** The reverse of {@link displayed}. */
export function parseDisplayed(text: string): ContainerKey {
  const slash = text.indexOf('/')
  return slash < 0 ? { namespace: DEFAULT_NAMESPACE, id: text } : { namespace: text.slice(0, slash), id: text.slice(slash + 1) }
}

/** The name that a person knows. */
export function nameOf({ namespace, id }: ContainerKey, labels: Readonly<Record<string, string>>): string {
  return displayed(namespace, readName(labels[NERDCTL_NAME_LABEL]) ?? id)
}
