/** A directory on the host that nothing in a container may touch, and the mounts of the host. */

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const NAMES = ['ptmx', 'null', 'zero', 'core', 'fd', 'console', 'stdin', 'x']

/** Makes a directory with files and links that are named like what a runtime makes. */
export function makeCanary(dir: string): string {
  const canary = join(dir, 'canary')
  mkdirSync(join(canary, 'sub'), { recursive: true })
  for (const name of NAMES) writeFileSync(join(canary, name), `host ${name}\n`, { mode: 0o640 })
  symlinkSync('x', join(canary, 'link'))
  return canary
}

function describeEntry(path: string): string {
  const facts = lstatSync(path, { bigint: true })
  const content = facts.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
  const target = facts.isSymbolicLink() ? readlinkSync(path) : ''
  return [path, facts.mode, facts.ino, facts.uid, facts.gid, facts.nlink, facts.rdev, facts.mtimeNs, facts.ctimeNs, target, content].join(
    ' ',
  )
}

function describeTree(dir: string): string[] {
  return [describeEntry(dir)].concat(
    readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
      const path = join(dir, entry.name)
      return entry.isDirectory() ? describeTree(path) : [describeEntry(path)]
    }),
  )
}

/** Mounts of the host. What other tests have mounted at the same time in directories of their own is left out. */
function hostMounts(own: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return lines.filter((line) => line.includes(own) || !/^\S+ \S+ \S+ \S+ \/(tmp|run|var|dev\/shm)\//.test(line)).sort()
}

/** Everything about the canary and the host's mounts: equal before and after, or something got out. */
export function hostPicture(canary: string): { readonly canary: string[]; readonly mounts: string[] } {
  return { canary: describeTree(canary).sort(), mounts: hostMounts(dirname(canary)) }
}
