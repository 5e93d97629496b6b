/** The cpuset part of `linux.resources.cpu`; the files are the same in both versions. */

import type { LinuxCPU } from '@teu/spec'
import { invalid, type ResourceGroup } from './write.ts'

/** @see cpuset(7) "Formats", cgroup-v2.rst "Cpuset Interface Files" */
export function compileCpuset(group: ResourceGroup<LinuxCPU>): void {
  for (const [member, file] of [
    ['cpus', 'cpuset.cpus'],
    ['mems', 'cpuset.mems'],
  ] as const) {
    if (!group.asked(member)) continue
    const list = group.value[member] ?? ''
    if (!isNumberList(list)) {
      throw invalid(`linux.resources.cpu.${member}: expected a list such as "0-3,7", got ${JSON.stringify(list)}`, group.pointer(member))
    }
    // v2 takes an empty text for "as the parent", with at least one byte of it.
    group.put(member, file, list === '' ? '\n' : list, { initial: '\n' })
  }
}

/** Ranges and single numbers, separated by commas, in the list format of cpuset(7). */
function isNumberList(text: string): boolean {
  return text === '' || text.split(',').every((part) => /^\s*\d{1,6}(-\d{1,6}(:\d{1,6}\/\d{1,6})?)?\s*$/.test(part) && !/\n/.test(part))
}
