/**
 * How smooth the page of `teu watch --web` is in Chromium with many containers: `npm run measure-page -w teu [-- COUNT]`, 500 by default.
 * Every container changes every second. For each way of using the page it prints the times between frames, the long tasks (over 50 ms), and
 * the processor time of the page's main thread, which also means something on a machine that has other things to do.
 */

import { Browser } from '../test/watch/browser.ts'
import { fleetUsage, largeFleet } from '../test/watch/fleet.ts'
import { ScriptedPage } from '../test/watch/scripted-page.ts'

const SECONDS = 6

/** What is done before each frame while it is measured; text, because it runs in the page. */
const USES: Readonly<Record<string, string>> = {
  'nobody touches it': '',
  scrolling: 'scroller.scrollTop += step; if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) step = -step',
  'arrow key held down': "table.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))",
}

const measure = (use: string): string => `new Promise((resolve) => {
  const scroller = document.querySelector('.scroller')
  const table = document.querySelector('#containers')
  const tasks = []
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => Math.round(entry.duration))))
  observer.observe({ type: 'longtask' })
  const frames = []
  let step = 40
  const begun = performance.now()
  let last = begun
  const frame = (now) => {
    frames.push(now - last)
    last = now
    ${use}
    if (now - begun < ${SECONDS * 1000}) return requestAnimationFrame(frame)
    observer.disconnect()
    frames.sort((a, b) => a - b)
    resolve({ frames, tasks, rows: document.querySelectorAll('tbody tr').length })
  }
  requestAnimationFrame(frame)
})`

interface Measured {
  readonly frames: number[]
  readonly tasks: number[]
  readonly rows: number
}

const count = Number(process.argv[2] ?? 500)
await using served = new ScriptedPage(largeFleet(count), fleetUsage)
await using browser = await Browser.launch()
await using tab = await browser.newTab()
const devtools = await tab.page.context().newCDPSession(tab.page)
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })

/** Processor time of all tasks so far. */
async function mainThreadMs(): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000
}

await tab.page.goto(await served.url())
await tab.page.getByRole('button', { name: 'CPU' }).click()
await tab.row('tenant-01-web-1').or(tab.page.locator('tbody tr')).first().waitFor()
for (const isOpen of [false, true]) {
  if (isOpen) await tab.page.locator('tbody tr').first().click()
  for (const [name, use] of Object.entries(USES)) {
    const before = await mainThreadMs()
    const { frames, tasks, rows } = await tab.page.evaluate<Measured>(measure(use))
    const busyMs = ((await mainThreadMs()) - before) / SECONDS
    const at = (share: number): string => `${(frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? 0).toFixed(1)} ms`
    const long = tasks.length === 0 ? 'no long task' : `long tasks ${tasks.join(', ')} ms`
    console.log(
      `${count} containers, ${isOpen ? 'one open, ' : ''}${name}: ${frames.length} frames in ${SECONDS} s, median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}; ${long}; main thread ${busyMs.toFixed(0)} ms a second; ${rows} rows exist`,
    )
  }
}
if (tab.complaints.length > 0) console.error(tab.complaints.join('\n'))
