/** Debian's Chromium, and a page in it whose every complaint is noted. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { which } from '../../../../tests/harness/requirements.ts'
import { patience } from '../../../../tests/harness/wait.ts'

const TIMEOUT_MS = 30_000 * patience

/** It is not to go anywhere by itself. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** A browser with a profile of its own, which goes with it. */
export class Browser implements AsyncDisposable {
  readonly #profile: string
  readonly #context: BrowserContext

  private constructor(profile: string, context: BrowserContext) {
    this.#profile = profile
    this.#context = context
  }

  static async launch(options: { deviceScaleFactor?: number } = {}): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'teu-chromium-'))
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: which('chromium') ?? 'chromium',
      headless: true,
      args: FLAGS,
      timeout: TIMEOUT_MS,
      locale: 'en-GB',
      viewport: { width: 1440, height: 860 },
      ...options,
    })
    context.setDefaultTimeout(TIMEOUT_MS)
    return new Browser(profile, context)
  }

  async newTab(): Promise<Tab> {
    return new Tab(await this.#context.newPage())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
    rmSync(this.#profile, { recursive: true, force: true })
  }
}

/** One page. */
export class Tab implements AsyncDisposable {
  readonly page: Page
  /** Errors and warnings of the console, uncaught errors, violations of the policy. */
  readonly complaints: string[] = []
  /** Addresses that were asked for. */
  readonly requests: string[] = []

  constructor(page: Page) {
    this.page = page
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('request', (request) => this.requests.push(request.url()))
  }

  /** Requests for anything but what begins so. */
  strangers(url: string): string[] {
    return this.requests.filter((one) => !one.startsWith(url) && !one.startsWith('data:'))
  }

  /** Names of the rows that exist, from top to bottom. */
  names(): Promise<string[]> {
    return this.page.locator('tbody .name').allTextContents()
  }

  row(name: string): ReturnType<Page['locator']> {
    return this.page.locator('tbody tr', { has: this.page.getByText(name, { exact: true }) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close()
  }
}
