/** Paths as another process sees them. */

import { lstat, readlink } from 'node:fs/promises'

/** What the kernel allows (MAXSYMLINKS). */
const MAX_LINKS = 40

/** Resolves `path` below `root`, and symbolic links in it relative to `root`: the kernel would follow an absolute link in /proc/PID/root
 *  out to our own root. Between this and the use of the result the other side can change it; it must not be used to write.
 *  @returns  undefined when there is no such file */
export async function resolveInRoot(root: string, path: string): Promise<string | undefined> {
  let ahead = path.split('/')
  let done: string[] = []
  let links = 0
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      done.pop()
      continue
    }
    const target = await linkTarget([root, ...done, name].join('/'))
    if (target === undefined) return undefined
    if (target === '') {
      done.push(name)
      continue
    }
    if (++links > MAX_LINKS) return undefined
    if (target.startsWith('/')) done = []
    ahead = [...target.split('/'), ...ahead]
  }
  return [root, ...done].join('/')
}

/** Empty for what is no link, undefined for what is not there. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : ''
  } catch {
    return undefined
  }
}
