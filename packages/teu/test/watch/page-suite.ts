/** Tests of the page of `teu watch --web`: a browser for each file, and what all of them do with it. */

import { afterAll, beforeAll, expect } from 'vitest'
import { describeIf, needsPrograms } from '../../../../tests/harness/requirements.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { Browser, type Tab } from './browser.ts'
import { NamedEngine, type ScriptedPage } from './scripted-page.ts'

/** Nobody wants to wait for a second. */
export const FAST = { intervalMs: 100 }

/** What a test gets. */
export interface PageSuite {
  newTab(): Promise<Tab>
  /** Opens the page, and checks at the end that nothing was complained of and nobody else was asked for anything. */
  withTab(served: ScriptedPage, use: (tab: Tab) => Promise<void>): Promise<void>
}

/** Tests in one browser; skipped without one. */
export function describePage(name: string, body: (suite: PageSuite) => void): void {
  describeIf(name, [needsPrograms('chromium')], () => {
    let browser: Browser

    beforeAll(async () => {
      browser = await Browser.launch()
    })

    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]()
    })

    body({
      newTab: () => browser.newTab(),
      withTab: async (served, use) => {
        await using _served = served
        await using tab = await browser.newTab()
        const address = await served.url()
        await tab.page.goto(address)
        await use(tab)
        expect(tab.strangers(address)).toEqual([])
        expect(tab.complaints).toEqual([])
      },
    })
  })
}

/** An engine without containers. */
export function engine(name: string = 'e', type: string = 'docker.com'): NamedEngine {
  return new NamedEngine(`unix:///run/${name}.sock`, type, '1.0')
}

/** Resolves when the rows are these, from top to bottom. */
export async function namesAre(tab: Tab, names: string[]): Promise<void> {
  await eventually(`rows ${names.join(', ')}`, async () => JSON.stringify(await tab.names()) === JSON.stringify(names) || undefined)
}
