import { posix } from 'node:path'

/** A path of the config as an absolute path in the container's root, without `.`, `..`, doubled or trailing slashes. A relative one counts
 *  from `/`. Purely lexical: links are teu-init's matter, which resolves every path inside the root. */
export function containerPath(path: string): string {
  const normalized = posix.normalize(`/${path}`)
  return normalized.length > 1 && normalized.endsWith('/') ? normalized.slice(0, -1) : normalized
}

/** True when `path` is `directory` or lies below it. Both are absolute and normalized. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
