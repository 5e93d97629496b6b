/** Huge pages. */

import { limitedUsage, parseFlat, readCount, readLimit, readNames, readText } from './file.ts'
import type { LimitedUsage } from './types.ts'

/** By page size. Of use and reservations, the latter are what the limits of a container hold. */
export function readHugetlb(directory: string, version: 1 | 2): Record<string, LimitedUsage> | undefined {
  const file = version === 2 ? /^hugetlb\.([0-9]+[KMG]B)\.current$/ : /^hugetlb\.([0-9]+[KMG]B)\.usage_in_bytes$/
  const sizes = readNames(directory).flatMap((name) => file.exec(name)?.[1] ?? [])
  const entries = sizes.flatMap((size) => {
    const usage = version === 2 ? readV2(directory, `hugetlb.${size}`) : readV1(directory, `hugetlb.${size}`)
    return usage ? [[size, usage] as const] : []
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

function readV2(directory: string, prefix: string): LimitedUsage | undefined {
  const failcnt = parseFlat(readText(directory, `${prefix}.events`))?.get('max')
  const reserved = limitedUsage(readCount(directory, `${prefix}.rsvd.current`), {
    limit: readLimit(directory, `${prefix}.rsvd.max`),
    failcnt,
  })
  return reserved ?? limitedUsage(readCount(directory, `${prefix}.current`), { limit: readLimit(directory, `${prefix}.max`), failcnt })
}

function readV1(directory: string, prefix: string): LimitedUsage | undefined {
  const family = (name: string): LimitedUsage | undefined =>
    limitedUsage(readCount(directory, `${name}.usage_in_bytes`), {
      limit: readLimit(directory, `${name}.limit_in_bytes`),
      maxUsage: readCount(directory, `${name}.max_usage_in_bytes`),
      failcnt: readCount(directory, `${name}.failcnt`),
    })
  return family(`${prefix}.rsvd`) ?? family(prefix)
}
