/** Which tests a run has skipped, and why. The reason is a part of the title of the test or of a group around it. */

/** The part of vitest's JSON report that is needed here. */
export interface TitledTest {
  readonly ancestorTitles: readonly string[]
  readonly title: string
  readonly status: string
}

const REASON = /\(skipped: |\bneeds /

/** One line for each skipped group, or for each test that was skipped on its own. */
export function skippedGroups(tests: readonly TitledTest[]): string[] {
  const counts = new Map<string, number>()
  for (const { ancestorTitles, title, status } of tests) {
    if (status !== 'skipped' && status !== 'pending') continue
    const titles = [...ancestorTitles, title]
    const reason = titles.findIndex((one) => REASON.test(one))
    const name = titles.slice(0, reason < 0 ? titles.length : reason + 1).join(' > ')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name}: ${count} tests`))
}
