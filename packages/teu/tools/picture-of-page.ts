/**
 * Pictures of the page of `teu watch --web`, with scripted engines in Chromium: `npm run picture -w teu` writes the one of the README,
 * docs/teu-watch-web.png; `npm run picture -w teu -- DIR` writes all views into a directory, to be looked at after a change of the page.
 */

import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { Browser, type Tab } from '../test/watch/browser.ts'
import { fleetUsage, largeFleet, smallFleet } from '../test/watch/fleet.ts'
import { NamedEngine, ScriptedPage } from '../test/watch/scripted-page.ts'
import type { WireDetails } from '../src/watch/web/wire.ts'

const README_PICTURE = fileURLToPath(new URL('../../../docs/teu-watch-web.png', import.meta.url))
const [WIDTH, HEIGHT] = [1280, 760]
/** As if the page had been open for ten minutes. */
const HISTORY = 600
const SETTLE_MS = 400

/** Puts a past into the answers for the details, which nobody wants to wait for. */
async function withPast(page: Page): Promise<void> {
  await page.route('**/containers/*', async (route) => {
    const response = await route.fetch()
    const details = (await response.json()) as WireDetails & { id: string }
    await page.locator('.facts').waitFor()
    const id = await page.evaluate<string>('document.querySelector(".facts dd:last-child").title')
    const last = details.history.at[0] ?? Date.now()
    const usages = Array.from({ length: HISTORY }, (_, n) => fleetUsage({ id, paused: false } as never, n))
    const json = {
      ...details,
      history: {
        at: [...usages.map((_, n) => last - (HISTORY - n) * 1_000), ...details.history.at],
        cpu: [...usages.map((one) => one?.cpuPercent ?? null), ...details.history.cpu],
        memory: [...usages.map((one) => one?.memoryBytes ?? null), ...details.history.memory],
        pids: [...usages.map((one) => one?.pids ?? null), ...details.history.pids],
      },
    }
    await route.fulfill({ response, json })
  })
}

async function open(tab: Tab, name: string): Promise<void> {
  await tab.row(name).click()
  await tab.page.locator('.chart canvas').first().waitFor()
  await tab.page.mouse.move(0, 0)
  await tab.page.waitForTimeout(SETTLE_MS)
}

async function ready(served: ScriptedPage, browser: Browser): Promise<Tab> {
  const tab = await browser.newTab()
  await withPast(tab.page)
  await tab.page.setViewportSize({ width: WIDTH, height: HEIGHT })
  await tab.page.goto(await served.url())
  // The first sample has no rates.
  await tab.page.locator('.c-cpu', { hasText: '%' }).first().waitFor()
  await tab.page.waitForTimeout(SETTLE_MS)
  return tab
}

async function readmePicture(browser: Browser): Promise<void> {
  await using served = new ScriptedPage(smallFleet(), fleetUsage, { first: HISTORY })
  served.engines[0]?.pause([...(served.engines[0]?.lives ?? [])].find(([, { name }]) => name === 'buildkitd')?.[0] ?? '')
  await using tab = await ready(served, browser)
  await open(tab, 'shop-postgres-1')
  await tab.page.screenshot({ path: README_PICTURE })
}

function oddEngine(): NamedEngine {
  const odd = new NamedEngine('unix:///run/docker.sock', 'docker.com', '28.3.2')
  const names = [
    '<img src=x onerror=alert(1)>',
    'abc\u202egpj.exe',
    'שלום עולם',
    'مرحبا-بالعالم',
    '🚀👩‍🚀',
    'a-very-long-name-'.repeat(20),
    '二十英尺当量单位',
  ]
  for (const [i, name] of names.entries()) odd.start(`odd${i}`, { 'com.docker.compose.project': `p-${name}` }).name = name
  return odd
}

async function allPictures(browser: Browser, dir: string): Promise<void> {
  const take = (tab: Tab, name: string): Promise<unknown> => tab.page.screenshot({ path: join(dir, `${name}.png`) })
  await using served = new ScriptedPage(smallFleet(), fleetUsage, { first: HISTORY })
  await using tab = await ready(served, browser)
  const { page } = tab
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await take(tab, `list-${colorScheme}`)
    await open(tab, 'shop-postgres-1')
    await take(tab, `open-${colorScheme}`)
    await page.keyboard.press('Escape')
  }
  await page.keyboard.press('?')
  await page.waitForTimeout(SETTLE_MS)
  await take(tab, 'help-dark')
  await page.keyboard.press('Escape')
  await page.emulateMedia({ colorScheme: 'light' })
  for (const [width, height] of [
    [1920, 1000],
    [1024, 768],
    [800, 700],
    [360, 740],
  ] as const) {
    await page.setViewportSize({ width, height })
    await page.waitForTimeout(SETTLE_MS)
    await take(tab, `list-${width}`)
    await open(tab, 'shop-web-1')
    await take(tab, `open-${width}`)
    await page.keyboard.press('Escape')
  }
  await page.setViewportSize({ width: WIDTH, height: HEIGHT })
  const [docker, podman] = served.engines
  if (podman !== undefined) podman.down = true
  podman?.cut()
  await page.locator('.engine.is-lost').waitFor()
  await take(tab, 'engine-lost')
  await page.getByRole('textbox').fill('shop')
  await page.waitForTimeout(SETTLE_MS)
  await take(tab, 'filtered')
  await page.getByRole('textbox').fill('nothing-like-it')
  await page.waitForTimeout(SETTLE_MS)
  await take(tab, 'nothing-fits')
  await page.getByRole('textbox').fill('')
  for (const id of docker?.lives.keys() ?? []) docker?.die(id)
  await served.stop()
  await page.locator('.connection.is-lost').waitFor()
  await take(tab, 'connection-lost')
  for (const [name, engines] of [
    ['many', largeFleet(500)],
    ['odd-names', [oddEngine()]],
    ['no-engine', []],
  ] as const) {
    await using other = new ScriptedPage(engines, fleetUsage)
    await using otherTab = await browser.newTab()
    await otherTab.page.setViewportSize({ width: WIDTH, height: HEIGHT })
    await otherTab.page.goto(await other.url())
    await otherTab.page.waitForTimeout(3_000)
    if (name === 'odd-names') await open(otherTab, 'שלום עולם')
    await take(otherTab, name)
  }
}

await using browser = await Browser.launch()
const [dir] = process.argv.slice(2)
if (dir === undefined) await readmePicture(browser)
else await allPictures(browser, resolve(dir))
