/** What strangers can do to the page of `teu watch --web`, in Chromium. */

import { createServer as createHttpServer } from 'node:http'
import { expect, it } from 'vitest'
import { eventually } from '../../../../tests/harness/wait.ts'
import { fleetUsage } from './fleet.ts'
import { describePage, engine, FAST } from './page-suite.ts'
import { ScriptedPage } from './scripted-page.ts'

describePage('page of teu watch --web, and strangers', ({ newTab, withTab }) => {
  it('text of strangers stays text, and takes no more room than others', async () => {
    const hostile = engine()
    const names = [
      '<img src=x onerror="document.title=1">',
      '"><script>document.title=2</script>',
      '${document.title=3}{{4}}<!--',
      'abc\u202egpj.exe',
      'שלום עולם',
      '👩‍🚀🚀 e\u0301\u0301\u0301\u0301\u0301\u0301',
      'L'.repeat(5_000),
      'two\nlines\u0000',
    ]
    for (const [i, name] of names.entries())
      hostile.start(`id${i}`, { [`<b>${i}`]: name, 'com.docker.compose.project': `p${name}` }).name = name
    await withTab(new ScriptedPage([hostile], fleetUsage, FAST), async (tab) => {
      const { page } = tab
      await tab.row(names[0] ?? '').waitFor()
      const shown = await tab.names()
      expect(shown).toEqual(
        expect.arrayContaining([
          names[0],
          names[1],
          names[2],
          'abc\\u202egpj.exe',
          names[4],
          '👩‍🚀🚀 e\u0301\u0301\u0301',
          'two\\u000alines\\u0000',
        ]),
      )
      const heights = await page.evaluate<number[]>(
        '[...document.querySelectorAll("tbody tr:not(.spacer)")].map((row) => row.getBoundingClientRect().height)',
      )
      expect(new Set(heights).size).toBe(1)
      const widths = await page.evaluate<number[]>(
        '[document.querySelector("tbody tr"), document.querySelector(".scroller")].map((one) => one.clientWidth)',
      )
      expect(widths[0]).toBe(widths[1])
      for (const name of [names[0], names[1], 'LLL']) {
        await page
          .locator('tbody .name', { hasText: name ?? '' })
          .first()
          .click()
        await page.locator('.details summary').click()
        await page.locator('.labels dd').first().waitFor()
        await page.keyboard.press('Escape')
      }
      expect(
        await page.evaluate(
          '[document.title, document.images.length, document.scripts.length, document.documentElement.scrollWidth <= innerWidth]',
        ),
      ).toEqual(['teu watch', 0, 1, true])
    })
  })

  it('even a script in the page could neither make markup nor speak to others', async () => {
    await using served = new ScriptedPage([engine()], fleetUsage, FAST)
    await using tab = await newTab()
    await tab.page.goto(await served.url())
    const tries = await tab.page.evaluate<string[]>(`Promise.all([
      async () => (document.body.innerHTML = '<b>x</b>'),
      async () => { const one = document.createElement('script'); one.text = 'document.title = 1' },
      async () => setTimeout('document.title = 2', 0),
      async () => fetch('http://127.0.0.1:9/'),
      async () => fetch('http://example.invalid/'),
    ].map((one) => one().then(() => 'done', (error) => error.name)))`)
    expect(tries).toEqual(['TypeError', 'TypeError', 'TypeError', 'TypeError', 'TypeError'])
    await tab.page.evaluate(`{
      const link = document.createElement('a')
      link.setAttribute('style', 'color: red')
      const image = document.createElement('img')
      image.src = 'http://127.0.0.1:9/leak'
      document.body.append(link, image)
    }`)
    await eventually('the violations', () => (tab.complaints.length >= 5 ? true : undefined))
    expect(tab.complaints.join('\n')).toMatch(/img-src/)
    expect(await tab.page.title()).toBe('teu watch')
    expect(tab.complaints.join('\n')).toMatch(/style-src/)
  })

  it('pages of others get nothing: not in a frame, not by a script, not by a link', async () => {
    await using served = new ScriptedPage([engine()], fleetUsage, FAST)
    const url = await served.url()
    const attacker = createHttpServer((_, answer) => {
      answer.setHeader('content-type', 'text/html')
      answer.end(`<iframe src="${url}"></iframe><a href="${url}">link</a>`)
    })
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve))
    try {
      await using tab = await newTab()
      const { port } = attacker.address() as { port: number }
      await tab.page.goto(`http://127.0.0.1:${port}/`)
      const tries = await tab.page.evaluate<string[]>(`Promise.all([
        fetch('${url}/events', { mode: 'no-cors' }),
        fetch('${url}/events'),
        fetch('${url}/containers/1'),
        new Promise((resolve, reject) => {
          const events = new EventSource('${url}/events')
          events.onmessage = events.onopen = resolve
          events.onerror = () => reject(new TypeError())
        }),
      ].map((one) => one.then(() => 'done', (error) => error.name)))`)
      expect(tries).toEqual(['TypeError', 'TypeError', 'TypeError', 'TypeError'])
      expect(await tab.page.frames()[1]?.content()).not.toContain('teu watch')
      await tab.page.getByText('link').click()
      await tab.page.getByText('Requests of other pages are not answered.').waitFor()
    } finally {
      attacker.closeAllConnections()
      await new Promise((resolve) => attacker.close(resolve))
    }
  })
})
