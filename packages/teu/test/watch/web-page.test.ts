/** The page of `teu watch --web` in Chromium, with scripted engines. */

import { expect, it } from 'vitest'
import { eventually } from '../../../../tests/harness/wait.ts'
import { CuttableProxy } from './cuttable-proxy.ts'
import { fleetUsage, largeFleet, smallFleet } from './fleet.ts'
import { describePage, engine, FAST, namesAre } from './page-suite.ts'
import { ScriptedPage } from './scripted-page.ts'

describePage('page of teu watch --web', ({ newTab, withTab }) => {
  it('shows engines, projects and containers, and follows them', async () => {
    const [docker, podman] = [engine('docker'), engine('podman', 'podman.io')]
    docker.start('web', { 'com.docker.compose.project': 'shop' })
    podman.start('tool')
    await withTab(new ScriptedPage([docker, podman], () => ({ cpuPercent: 12.34, memoryBytes: 2 ** 26, pids: 7 }), FAST), async (tab) => {
      const { page } = tab
      await namesAre(tab, ['web', 'tool'])
      await page.getByRole('button', { name: 'Docker 1.0 /run/docker.sock connected 1' }).waitFor()
      await page.getByRole('button', { name: 'Podman' }).waitFor()
      await tab.row('web').getByText('12.3 %').waitFor()
      await tab.row('web').getByText('64.0 MiB').waitFor()
      await page.getByRole('status').getByText('Live').waitFor()
      docker.start('db', { 'com.docker.compose.project': 'shop' })
      docker.pause('web')
      await namesAre(tab, ['db', 'web', 'tool'])
      await tab.row('web').getByRole('gridcell', { name: 'paused' }).waitFor()
      podman.die('tool')
      docker.rename('db', 'database')
      await namesAre(tab, ['database', 'web'])
      await page.getByRole('button', { name: /^shop/ }).getByText('2').waitFor()
    })
  })

  it('sorts by a click on a title, and tells the order', async () => {
    const one = engine()
    for (const name of ['a10', 'a9', 'b']) one.start(name)
    const cpu: Record<string, number> = { a10: 5, a9: 70, b: 20 }
    await withTab(new ScriptedPage([one], ({ id }) => ({ cpuPercent: cpu[id], memoryBytes: id.length }), FAST), async (tab) => {
      const { page } = tab
      await namesAre(tab, ['a9', 'a10', 'b'])
      await tab.row('a9').getByText('70.0 %').waitFor()
      await page.getByRole('button', { name: 'CPU', exact: true }).click()
      await namesAre(tab, ['a9', 'b', 'a10'])
      expect(await page.getByRole('columnheader', { name: 'CPU' }).getAttribute('aria-sort')).toBe('descending')
      await page.getByRole('button', { name: 'CPU', exact: true }).click()
      await namesAre(tab, ['a10', 'b', 'a9'])
      await page.getByRole('button', { name: 'Name', exact: true }).click()
      await namesAre(tab, ['a9', 'a10', 'b'])
      expect(await page.getByRole('columnheader', { name: 'CPU' }).getAttribute('aria-sort')).toBe('none')
    })
  })

  it('narrows to an engine, a project, or a word, and back', async () => {
    await withTab(new ScriptedPage(smallFleet(), fleetUsage, FAST), async (tab) => {
      const { page } = tab
      await tab.row('shop-web-1').waitFor()
      await page.getByRole('button', { name: /^Podman/ }).click()
      await page.getByText('6 of 20 containers').waitFor()
      await page.getByRole('button', { name: /^docs/ }).click()
      await namesAre(tab, ['docs-preview', 'docs-search'])
      await page.getByRole('textbox', { name: 'Filter containers' }).fill('nowhere')
      await page.getByRole('heading', { name: 'Nothing fits among 20 containers' }).waitFor()
      await page.getByRole('button', { name: 'Show all' }).click()
      await tab.row('shop-web-1').waitFor()
    })
  })

  it('opens a container, with the past in its graphs', async () => {
    const one = engine()
    one.start('web', { key: 'value' })
    await withTab(
      new ScriptedPage([one], (_, n) => ({ cpuPercent: n < 5 ? 90 : 10, memoryBytes: 2 ** 26, memoryLimitBytes: 2 ** 28, pids: 7 }), FAST),
      async (tab) => {
        const { page } = tab
        await tab.row('web').getByText('10.0 %').waitFor()
        await tab.row('web').click()
        // The most was before it was opened.
        await page.getByRole('img', { name: /^CPU now 10\.0 %, from 10\.0 % to 90\.0 % in the last/ }).waitFor()
        await page.getByRole('img', { name: /^Memory now 64\.0 MiB/ }).waitFor()
        await page.getByRole('img', { name: /^PIDs now 7/ }).waitFor()
        await page.getByText('of 256 MiB').waitFor()
        const isDrawn = `[...document.querySelectorAll('.chart canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return data.some((value) => value > 0)
      })`
        expect(await page.evaluate(isDrawn)).toEqual([true, true, true])
        expect(await tab.row('web').getAttribute('aria-selected')).toBe('true')
        await page
          .locator('.chart')
          .first()
          .hover({ position: { x: 385, y: 40 } })
        await page.locator('.at-cursor', { hasText: '% at' }).waitFor()
        one.die('web')
        await page.locator('.badge', { hasText: 'ended' }).waitFor()
        await page.getByRole('heading', { name: 'web' }).waitFor()
        one.start('web')
        await page.locator('.badge', { hasText: 'running' }).waitFor()
        await page.getByRole('button', { name: 'Close' }).click()
        await page.locator('.details').waitFor({ state: 'detached' })
      },
    )
  })

  it('has the keys at once: the first thing that is pressed moves, and the next opens', async () => {
    const one = engine()
    for (const name of ['a', 'b']) one.start(name)
    await withTab(new ScriptedPage([one], fleetUsage, FAST), async (tab) => {
      const { page } = tab
      await tab.row('a').waitFor()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'b', exact: true }).waitFor()
      // Where nothing has the keys any more, the table takes them.
      await page.evaluate('document.activeElement.blur()')
      await page.keyboard.press('ArrowUp')
      await page.getByRole('heading', { name: 'a', exact: true }).waitFor()
      await page.keyboard.press('Escape')
      await page.locator('.details').waitFor({ state: 'detached' })
    })
  })

  it('tells the order also where its column has no room, and lets it be changed', async () => {
    const one = engine()
    one.start('z', { 'com.docker.compose.project': 'first' })
    one.start('a', { 'com.docker.compose.project': 'last' })
    await withTab(new ScriptedPage([one], fleetUsage, FAST), async (tab) => {
      const { page } = tab
      await namesAre(tab, ['z', 'a'])
      const order = page.getByLabel('Sorted by')
      await order.waitFor({ state: 'hidden' })
      await page.setViewportSize({ width: 800, height: 700 })
      await order.waitFor()
      await page.setViewportSize({ width: 360, height: 700 })
      await page.getByRole('columnheader', { name: 'Project' }).waitFor({ state: 'hidden' })
      expect(await order.inputValue()).toBe('project')
      await page.getByRole('button', { name: 'Sort descending' }).click()
      await namesAre(tab, ['a', 'z'])
      await order.selectOption('Name')
      await namesAre(tab, ['a', 'z'])
      await page.getByRole('button', { name: 'Sort descending' }).click()
      await namesAre(tab, ['z', 'a'])
      await page.setViewportSize({ width: 1400, height: 800 })
      await order.waitFor({ state: 'hidden' })
      await page.getByRole('button', { name: 'State', exact: true }).click()
      await order.waitFor({ state: 'hidden' })
      await tab.row('a').click()
      await order.waitFor()
      expect(await order.inputValue()).toBe('state')
    })
  })

  it('says why an engine cannot be reached, without what nobody sees, and counts its containers as unknown', async () => {
    const [one, two] = [engine('one'), engine('two')]
    one.start('a')
    two.start('b')
    await withTab(new ScriptedPage([one, two], () => ({ cpuPercent: 10 }), FAST), async (tab) => {
      const { page } = tab
      await page.locator('.totals').getByText('20.0 %').waitFor()
      one.down = true
      one.cut(new Error('the wire\u202e\u3164 is cut'))
      await page.getByText('not reachable: ').first().waitFor()
      await page
        .locator('.reason')
        .getByText(/Cannot reach|the wire\\u202e\\u3164 is cut/)
        .waitFor()
      await page.locator('.totals').getByText('and 1 unknown').waitFor()
      await page.locator('.totals').getByText('10.0 %').waitFor()
    })
  })

  it('can be used with the keys alone', async () => {
    const one = engine()
    for (const name of ['a', 'b', 'c', 'other']) one.start(name)
    await withTab(new ScriptedPage([one], fleetUsage, FAST), async (tab) => {
      const { page } = tab
      const focused = (): Promise<string> =>
        page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent')
      await tab.row('other').waitFor()
      await eventually('the table has the focus at once', async () => (await focused()) === 'Containers' || undefined)
      await page.keyboard.press('/')
      expect(await focused()).toBe('Filter containers')
      await page.keyboard.type('nowhere')
      await page.keyboard.press('Escape')
      await eventually('the table has the focus', async () => (await focused()) === 'Containers' || undefined)
      expect(await page.getByRole('textbox').inputValue()).toBe('')
      for (const key of ['ArrowDown', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key)
      const active = (): Promise<string> =>
        page.evaluate<string>(
          'document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.querySelector(".name").textContent',
        )
      await eventually('the second row', async () => (await active()) === 'b' || undefined)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'b', exact: true }).waitFor()
      // What is open follows the arrow keys.
      await page.keyboard.press('End')
      await page.getByRole('heading', { name: 'other' }).waitFor()
      await page.keyboard.press('Escape')
      await page.locator('.details').waitFor({ state: 'detached' })
      await eventually('the table has the focus', async () => (await focused()) === 'Containers' || undefined)
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' })
      // From the top, everything is reached in order, and what has the focus can be seen.
      await page.keyboard.press('/')
      const reached: string[] = []
      for (let n = 0; n < 9; n++) {
        await page.keyboard.press('Tab')
        reached.push((await focused()).trim().split(/[\s\d]/)[0] ?? '')
        // Of the table, the row at the cursor shows it.
        if (reached.at(-1) !== 'Containers')
          expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
        else expect(await page.evaluate('getComputedStyle(document.querySelector("tr.cursor")).outlineStyle')).toBe('solid')
      }
      expect(reached).toEqual(['Help', 'Docker', 'Containers', 'Name', 'Project', 'Engine', 'State', 'Age', 'CPU'])
      await page.keyboard.press('Enter')
      await page.locator('th[aria-sort=descending]').waitFor()
    })
  })

  it('is light or dark as the user has it, with enough contrast in both', async () => {
    await withTab(new ScriptedPage(smallFleet(), fleetUsage, FAST), async ({ page }) => {
      const grounds: string[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.locator('tbody tr').first().click()
        await page.locator('.chart canvas').first().waitFor()
        grounds.push(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'))
        const contrasts = await page.evaluate<[string, number][]>(CONTRASTS)
        expect(contrasts.length).toBeGreaterThan(60)
        expect(contrasts.filter(([, ratio]) => ratio < 4.5)).toEqual([])
      }
      expect(new Set(grounds).size).toBe(2)
    })
  })

  it('says that the connection is lost, and has the whole truth when it is back', async () => {
    const one = engine()
    one.start('before')
    const served = new ScriptedPage([one], fleetUsage, FAST)
    const { port, pathname } = new URL(await served.url())
    await using proxy = await CuttableProxy.to(Number(port))
    await using _served = served
    await using tab = await newTab()
    await tab.page.goto(`http://127.0.0.1:${proxy.port}${pathname}`)
    await namesAre(tab, ['before'])
    proxy.cut()
    await tab.page.getByRole('alert').getByText('The connection to teu is lost; trying again.').waitFor()
    await tab.page.getByRole('status').getByText('Reconnecting').waitFor()
    one.die('before')
    one.start('after')
    proxy.mend()
    await namesAre(tab, ['after'])
    await tab.page.getByRole('status').getByText('Live').waitFor()
    expect(await tab.page.getByRole('alert').count()).toBe(0)
    await served.stop()
    await tab.page.getByRole('status').getByText('Reconnecting').waitFor()
    // Another one at the same port does not know this page.
    await using next = new ScriptedPage([engine('other')], fleetUsage, { ...FAST, port: Number(port) })
    await next.url()
    await tab.page.getByRole('alert').getByText('This address is not valid any more').waitFor()
  })

  it('does not tell for sure what an engine has that cannot be heard', async () => {
    const one = engine()
    one.start('a')
    await withTab(new ScriptedPage([one], fleetUsage, FAST), async (tab) => {
      await tab.row('a').getByRole('gridcell', { name: 'running' }).waitFor()
      one.down = true
      one.cut()
      await tab.row('a').getByRole('gridcell', { name: 'unknown' }).waitFor()
      one.down = false
      await tab.row('a').getByRole('gridcell', { name: 'running' }).waitFor()
    })
  })

  it('says that there is no engine, none that answers, or no container', async () => {
    const one = engine()
    await withTab(new ScriptedPage([one], fleetUsage, FAST), async ({ page }) => {
      await page.getByRole('heading', { name: 'No container is running' }).waitFor()
      one.down = true
      one.cut()
      await page.getByRole('heading', { name: 'No engine can be reached' }).waitFor()
      await page.getByRole('button', { name: /^Docker.*not reachable/ }).waitFor()
      await page.locator('.emptiness').getByText('Cannot reach the scripted engine').waitFor()
      one.down = false
      one.start('a')
      await page.getByRole('row', { name: 'a' }).first().waitFor()
    })
    await withTab(new ScriptedPage([], fleetUsage, FAST), async ({ page }) => {
      await page.getByRole('heading', { name: 'No engine has been found' }).waitFor()
    })
  })

  it('fits a screen 360 pixels wide, where what is open covers the rest', async () => {
    await withTab(new ScriptedPage(smallFleet(), fleetUsage, FAST), async (tab) => {
      const { page } = tab
      await page.setViewportSize({ width: 360, height: 700 })
      await tab.row('shop-web-1').waitFor()
      const fits =
        'document.documentElement.scrollWidth <= innerWidth && document.querySelector("table").getBoundingClientRect().right <= innerWidth'
      expect(await page.evaluate(fits)).toBe(true)
      await tab.row('runner-a').click()
      const details = page.getByRole('complementary', { name: 'runner-a' })
      expect(await details.boundingBox()).toEqual({ x: 0, y: 0, width: 360, height: 700 })
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Close')
      expect(await page.evaluate('document.querySelector("main").inert')).toBe(true)
      expect(await page.evaluate(fits)).toBe(true)
      await page.keyboard.press('Escape')
      await eventually('the table', async () => !(await page.evaluate<boolean>('document.querySelector("main").inert')) || undefined)
    })
  })

  it('of 500 containers only those in sight exist, and all can be reached', async () => {
    await withTab(new ScriptedPage(largeFleet(500), fleetUsage, FAST), async (tab) => {
      const { page } = tab
      await tab.row('tenant-01-api-1').waitFor()
      expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('501')
      expect(await page.locator('tbody tr').count()).toBeLessThan(80)
      await page.getByRole('grid').focus()
      await page.keyboard.press('End')
      await tab.row('tenant-50-worker-1').and(page.locator('.cursor')).waitFor()
      expect(await page.locator('tr.cursor').getAttribute('aria-rowindex')).toBe('501')
      const box = await page.locator('tr.cursor').boundingBox()
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(860)
      await page.keyboard.press('Home')
      await tab.row('tenant-01-api-1').and(page.locator('.cursor')).waitFor()
      await page.evaluate('document.querySelector(".scroller").scrollTop = 250 * 32')
      await tab.row('tenant-26-api-1').waitFor()
      expect(await page.locator('tbody tr').count()).toBeLessThan(80)
      await page.keyboard.press('/')
      await page.keyboard.type('mailer tenant-33')
      await namesAre(tab, ['tenant-33-mailer-1'])
    })
  })
})

/** Text and the contrast of its colour with the nearest ground behind it, of all text that can be seen. WCAG 2.2, 1.4.3. */
const CONTRASTS = `(() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number)
    return text.startsWith('color(srgb') ? numbers.slice(0, 3).map((n) => n * 255).concat(numbers[3] ?? 1) : numbers
  }
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor)
      if ((colour[3] ?? 1) === 1) return colour
    }
    return [255, 255, 255]
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    const text = walker.currentNode.textContent.trim()
    if (text === '' || !element.checkVisibility() || ['SCRIPT', 'NOSCRIPT'].includes(element.tagName)) continue
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))]
    found.push([text, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)])
  }
  return found
})()`
