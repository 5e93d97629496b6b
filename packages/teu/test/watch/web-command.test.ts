/** `teu watch --web` with a dockerd of the test's own, on Node and as an executable, seen with Chromium. */

import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { closeLab } from '../../../watch/test/support/close-lab.ts'
import { DockerDaemon } from '../../../watch/test/support/docker-daemon.ts'
import { nodeProgram, PROGRAMS } from '../support/programs.ts'
import { Browser } from './browser.ts'

const BUSY = ['sh', '-c', 'while :; do :; done']

describeIf(
  'teu watch --web with dockerd',
  [needsRoot, needsPrograms('chromium', 'dockerd', 'containerd', 'runc', 'busybox', 'tar')],
  () => {
    let lab: Lab
    let docker: DockerDaemon
    let browser: Browser

    beforeAll(async () => {
      lab = new Lab()
      docker = new DockerDaemon(lab)
      await docker.start()
      await docker.run('busy', { command: BUSY, labels: { 'com.docker.compose.project': 'shop' }, memoryLimitBytes: 64 * 2 ** 20 })
      await docker.run('idle')
      browser = await Browser.launch()
    })

    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]()
      await closeLab(lab, docker)
    })

    for (const { name, line, missing } of PROGRAMS) {
      it.skipIf(missing !== undefined)(`shows what the containers take, and ends with the command, ${name}`, async () => {
        const child = lab.spawn([...line, 'watch', '--web', '--engine', docker.socket, '--interval', '200ms'])
        const url = await child.stdout.waitFor((text) => text.startsWith('http://127.0.0.1:'), 60_000)
        await using tab = await browser.newTab()
        const { page } = tab
        await page.goto(url)
        await tab.row('busy').getByRole('gridcell', { name: 'shop' }).waitFor()
        await tab.row('idle').waitFor()
        await page.getByRole('button', { name: /^Docker \d+\.\d+.*connected 2/ }).waitFor()
        await eventually(
          'a busy processor',
          async () => Number.parseFloat((await tab.row('busy').locator('.c-cpu').textContent()) ?? '') > 1 || undefined,
          20_000,
        )
        await tab.row('busy').click()
        await page.getByRole('img', { name: /^CPU now .* %, from .* to .* in the last/ }).waitFor()
        await page.getByText('of 64.0 MiB').waitFor()
        await page.getByRole('img', { name: /^PIDs now 1/ }).waitFor()
        await docker.do('idle', 'pause')
        await tab
          .row('idle')
          .getByRole('rowheader', { name: /idle.*paused/ })
          .waitFor()
        await docker.do('idle', 'unpause')
        await docker.do('busy', 'restart?t=0')
        await page.locator('.badge', { hasText: 'running' }).waitFor()
        child.process.kill('SIGTERM')
        expect(await child.ended).toEqual({ code: 143, signal: null })
        expect(child.stdout.text.trim()).toBe(url)
        await page.getByRole('status').getByText('Reconnecting').waitFor()
        // Nobody listens there any more; that its server cannot be reached is for the browser to complain of.
        await expect(connected(Number(new URL(url).port))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        expect(tab.complaints.filter((text) => !text.includes('net::ERR_'))).toEqual([])
        expect(tab.strangers(url)).toEqual([])
      })
    }

    it('says that a port is taken, and leaves nothing running', async () => {
      const line = [...nodeProgram.line, 'watch', '--web', '--engine', docker.socket]
      const child = lab.spawn(line)
      const { port } = new URL(await child.stdout.waitFor((text) => text.startsWith('http://')))
      expect(await lab.command([...line, '--port', port])).toMatchObject({
        status: 125,
        stdout: '',
        stderr: `teu: Cannot serve the page on 127.0.0.1:${port}: listen failed with EADDRINUSE\n  name another port with --port, or none\n`,
      })
      child.process.kill('SIGINT')
      expect(await child.ended).toEqual({ code: 0, signal: null })
    })
  },
)

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}
