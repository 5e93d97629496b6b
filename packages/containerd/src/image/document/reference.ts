/** Names of images in the long form, as containerd's records have them. @see distribution-spec "Pulling manifests" */

import { TeuError } from '@teu/spec'
import { isDigest } from './digest.ts'

const DOMAIN = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
/** Two names of one host. */
const DOCKER_HUB: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io'])
const MAX_LENGTH = 1024

/** True for what can stand behind the colon of a name. */
export const isTag = (text: string): boolean => TAG.test(text)

/**
 * Completes a name: `busybox` is `docker.io/library/busybox:latest`, `ghcr.io/a/b@sha256:…` stays as it is.
 * @throws {TeuError} ERR_TEU_USAGE for what is no name of an image
 */
export function normalizeReference(name: string): string {
  const at = name.indexOf('@')
  const digest = at === -1 ? undefined : name.slice(at + 1)
  const tagged = at === -1 ? name : name.slice(0, at)
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1)
  const tag = colon === -1 ? undefined : tagged.slice(colon + 1)
  const { domain, path } = splitDomain(colon === -1 ? tagged : tagged.slice(0, colon))
  const isName = DOMAIN.test(domain) && path.split('/').every((part) => COMPONENT.test(part)) && name.length <= MAX_LENGTH
  if (!isName || (tag !== undefined && !isTag(tag)) || (digest !== undefined && !isDigest(digest))) {
    throw new TeuError('ERR_TEU_USAGE', `invalid name of an image: ${JSON.stringify(name.slice(0, MAX_LENGTH))}`, {
      remedy: 'Use a name such as docker.io/library/busybox:1.36; only the tag may have capital letters',
    })
  }
  const tail = digest === undefined ? `:${tag ?? 'latest'}` : `${tag === undefined ? '' : `:${tag}`}@${digest}`
  return `${domain}/${path}${tail}`
}

/** The first part is a host when it looks like one; without a host the name is one of docker's. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHost = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first
  const domain = isHost && !DOCKER_HUB.has(first) ? first : 'docker.io'
  const path = isHost ? name.slice(slash + 1) : name
  return { domain, path: domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path }
}
