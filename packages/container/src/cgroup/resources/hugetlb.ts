/** `linux.resources.hugepageLimits`. */

import type { LinuxHugepageLimit } from '@teu/spec'
import { integer, MAX_UINT64 } from './integer.ts'
import { invalid, type ResourceGroup } from './write.ts'

/** Sets the limits on use and on reservations, so that mmap(2) fails in place of a later SIGBUS. A size that an update no longer lists
 *  becomes unlimited.
 *  @see cgroup-v1/hugetlb.rst, cgroup-v2.rst "HugeTLB" */
export function compileHugetlb(group: ResourceGroup<readonly LinuxHugepageLimit[]>): void {
  const v2 = group.hierarchy?.version === 2
  const suffixes = v2 ? ['max', 'rsvd.max'] : ['limit_in_bytes', 'rsvd.limit_in_bytes']
  const unlimited = v2 ? 'max' : String(2n ** 63n - 1n)
  const given = new Set<string>()
  for (const [index, { pageSize, limit }] of group.value.entries()) {
    const pointer = group.pointer(String(index))
    if (!/^[1-9][0-9]{0,5}(KB|MB|GB)$/.test(pageSize)) {
      throw invalid(
        `linux.resources.hugepageLimits[${index}].pageSize: expected a size such as "2MB", got ${JSON.stringify(pageSize)}`,
        `${pointer}/pageSize`,
      )
    }
    given.add(pageSize)
    const bytes = integer(limit, `${pointer}/limit`, 0n, MAX_UINT64)
    for (const suffix of suffixes) group.put(`${index}/limit`, `hugetlb.${pageSize}.${suffix}`, String(bytes))
  }
  if (group.fresh) return
  for (const { pageSize } of Object.values(group.old) as LinuxHugepageLimit[]) {
    if (!given.has(pageSize)) for (const suffix of suffixes) group.put('', `hugetlb.${pageSize}.${suffix}`, unlimited)
  }
}
