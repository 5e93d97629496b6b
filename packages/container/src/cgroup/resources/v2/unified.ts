/** `linux.resources.unified`: cgroup v2 files by name. */

import { invalid, pointerToken, type ResourceGroup, unsupported } from '../write.ts'

/** Files of the cgroup core that only limit. The others (`cgroup.procs`, `cgroup.kill`, `cgroup.subtree_control` …) move processes
 *  or change what the runtime relies on. */
const CORE_LIMITS: readonly string[] = ['cgroup.max.depth', 'cgroup.max.descendants', 'cgroup.pressure']

/** Written after everything else, so that it wins.
 *  @see runtime-spec config-linux.md "Unified"; cgroup-v2.rst */
export function compileUnified(group: ResourceGroup<Readonly<Record<string, string>>>): void {
  for (const file of Object.keys(group.old)) {
    if (group.asked(file) && !Object.hasOwn(group.value, file)) {
      throw invalid(`linux.resources.unified: "${file}" has no default to go back to, give a value`, group.pointer(pointerToken(file)))
    }
  }
  for (const [file, value] of Object.entries(group.value)) {
    const at = pointerToken(file)
    if (!group.asked(file)) continue
    // The key becomes a file name in the container's cgroup: it must not be able to name any other file.
    if (!/^[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+$/.test(file)) {
      throw invalid(`linux.resources.unified: ${JSON.stringify(file)} is not the name of a cgroup file`, group.pointer(at))
    }
    if (typeof value !== 'string' || value.includes('\0')) {
      throw invalid(`linux.resources.unified[${JSON.stringify(file)}]: expected a string without NUL`, group.pointer(at))
    }
    const controller = file.slice(0, file.indexOf('.'))
    if (controller === 'cgroup') {
      if (!CORE_LIMITS.includes(file)) {
        throw invalid(`linux.resources.unified: "${file}" is the runtime's own and cannot be set`, group.pointer(at))
      }
    } else if (group.hierarchy?.version !== 2) {
      throw unsupported(`Cannot set ${file}: linux.resources.unified needs a host with pure cgroup v2`, group.pointer(at))
    } else if (!group.hierarchy.controllers.includes(controller)) {
      throw unsupported(`Cannot set ${file}: this host has no cgroup controller "${controller}"`, group.pointer(at))
    }
    group.put(at, file, value)
  }
}
