/** Listing the live containers of an engine. */

import type { EngineClient } from '@teu/watch'
import { summarise, table } from '../statistics.ts'

const TIMES = 20

/** Lists again and again, and prints how long it took.
 *  @param others  what else is measured, by name */
export async function benchLists(
  title: string,
  engine: EngineClient,
  count: number,
  others: Readonly<Record<string, () => Promise<unknown>>> = {},
): Promise<void> {
  const list = async (): Promise<void> => {
    const { length } = await engine.list()
    if (length !== count) throw new Error(`${length} containers of ${count}`)
  }
  const rows: string[][] = []
  for (const [name, work] of Object.entries({ list, ...others })) {
    const times: number[] = []
    for (let n = 0; n < TIMES; n++) {
      const start = performance.now()
      await work()
      times.push(performance.now() - start)
    }
    const { p10, median, p90 } = summarise(times)
    rows.push([name, median.toFixed(1), p10.toFixed(1), p90.toFixed(1)])
  }
  console.log(`\n${title}, milliseconds`)
  console.log(table(['', 'median', 'p10', 'p90'], rows))
}
