/** Where the cgroup files of a container are, on v1, hybrid and v2 hosts. */

import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = '/sys/fs/cgroup'

/** Layout of this machine's cgroups. */
export const cgroupLayout: 'v1' | 'hybrid' | 'v2' = existsSync(join(ROOT, 'cgroup.controllers'))
  ? 'v2'
  : existsSync(join(ROOT, 'unified/cgroup.controllers'))
    ? 'hybrid'
    : 'v1'

/** Absolute path of a cgroup directory for a v1 controller or, on v2, for all of them. */
export function cgroupDir(controller: string, cgroupsPath: string): string {
  return cgroupLayout === 'v2' ? join(ROOT, cgroupsPath) : join(ROOT, controller, cgroupsPath)
}

/** Content of a control file without the newline; `names` are its v1 and v2 names. */
export function readCgroup(controller: string, cgroupsPath: string, names: { v1: string; v2: string }): string {
  const name = cgroupLayout === 'v2' ? names.v2 : names.v1
  return readFileSync(join(cgroupDir(controller, cgroupsPath), name), 'utf8').trim()
}

/** Controllers that containers can have limits of here. */
export function controllers(): string[] {
  if (cgroupLayout === 'v2') return readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ')
  return readdirSync(ROOT)
}

/** Removes a cgroup and its descendants from all hierarchies; false while something is still in one. */
export function removeCgroup(path: string): boolean {
  const roots = cgroupLayout === 'v2' ? [ROOT] : readdirSync(ROOT).map((name) => join(ROOT, name))
  return roots.map((root) => removeTree(join(root, path))).every((done) => done)
}

function removeTree(dir: string): boolean {
  if (!existsSync(join(dir, 'cgroup.procs'))) return true
  for (const entry of readdirSync(dir, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(dir, entry.name))
  try {
    rmdirSync(dir)
    return true
  } catch {
    return false
  }
}
