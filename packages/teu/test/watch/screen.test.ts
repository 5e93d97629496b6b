/** `teu watch` on a terminal, with a real engine. */

import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import { closeLab } from '../../../watch/test/support/close-lab.ts'
import { DockerDaemon } from '../../../watch/test/support/docker-daemon.ts'
import { PROGRAMS, quoted } from '../support/programs.ts'
import { Tmux } from '../support/tmux.ts'

const SHOP = { 'com.docker.compose.project': 'shop', evil: '\u001b[31m\u202e', kanji: '日本語' }
const BUSY = ['sh', '-c', 'while :; do :; done']

for (const { name, line, missing } of PROGRAMS) {
  const programs = needsPrograms('dockerd', 'containerd', 'runc', 'busybox', 'tar', 'tmux', 'bash')
  describeIf(`teu watch on a terminal, ${name}`, [needsRoot, programs, missing], () => {
    let lab: Lab
    let docker: DockerDaemon

    beforeAll(async () => {
      lab = new Lab()
      docker = new DockerDaemon(lab)
      await docker.start()
      await docker.run('web', { labels: SHOP, command: BUSY, memoryLimitBytes: 64 * 2 ** 20 })
      await docker.run('db', { labels: SHOP })
      await docker.run('loose')
    })

    afterAll(async () => closeLab(lab, docker))

    /** In a shell that tells how it has ended, and in which state it has left the terminal. */
    const open = (columns: number, rows: number, ...args: readonly string[]): Promise<Tmux> => {
      const command = quoted([...line, 'watch', '--engine', docker.socket, ...args])
      const after = `echo "status $? $(stty -a | grep -o -- '-\\?icanon')"; exec sleep 1000`
      return Tmux.open(lab, { columns, rows }, `echo before; ${command}; ${after}`)
    }
    const restored = (status: number) => (lines: readonly string[]) => lines[0] === 'before' && lines[1] === `status ${status} icanon`
    const nameOrder = (lines: readonly string[]): string[] => lines.flatMap((one) => /^ {2}(web|db|loose)\b/.exec(one)?.[1] ?? [])

    it('shows engines, projects and containers with what they take; sorts, filters, opens, and goes without a trace', async () => {
      await using tmux = await open(110, 30)
      const isWhole = (all: readonly string[]): boolean => all.some((one) => one.startsWith('no project (1)'))
      const hasUsage = (all: readonly string[]): boolean => all.some((one) => /^ {2}web .*running .*[▁▂▃▄▅▆▇█].* 64M +\d/.test(one))
      const lines = await tmux.until('usage', (all) => isWhole(all) && hasUsage(all))
      expect(lines[0]).toMatch(/^teu watch {2}3 containers +cpu [\d.]+% {2}mem \S+$/)
      expect(lines[1]).toMatch(new RegExp(`^● docker \\S+ {2}${docker.socket} {2}3 containers$`))
      expect(lines[3]).toMatch(/^NAME↑ +ENGINE +STATE +AGE +CPU% +MEM +LIMIT +PIDS$/)
      expect(lines[4]).toMatch(/^shop \(2\) /)
      expect(nameOrder(lines)).toEqual(['db', 'web', 'loose'])

      await tmux.press('c')
      await tmux.until('the busy one first', (all) => nameOrder(all).join(' ') === 'web db loose' && all.join('').includes('CPU%↓'))
      await tmux.press('c')
      await tmux.until('the idle ones first', (all) => nameOrder(all)[0] === 'loose')
      await tmux.press('/', 'd', 'b')
      await tmux.until('one that is found', (all) => nameOrder(all).join('') === 'db' && all.at(-1)?.startsWith('/db') === true)
      await tmux.press('Enter', 'Enter')
      const page = await tmux.until('its page', (all) => all[0]?.startsWith('shop/db ') === true)
      expect(page).toContain('image      box')
      expect(page.join('\n')).toMatch(/^id {9}[0-9a-f]{64}$/m)
      expect(page.join('\n')).toContain('  evil=\\x1b[31m\\u{202e}\n  kanji=日本語')
      await docker.remove('db')
      await tmux.until('its end', (all) => /^shop\/db .*ended, exit code 137$/.test(all[0] ?? ''))
      await tmux.press('Escape')
      await tmux.until('nothing that is found', (all) => all.join('').includes('No container matches "db"'))
      await tmux.press('Escape', '?')
      await tmux.until('the keys', (all) => all[0] === 'Keys of teu watch')
      await tmux.press('q')
      await tmux.until('the shell as before', restored(0))
      await docker.run('db', { labels: SHOP })
    })

    it('fits into a tiny terminal, and follows its size', async () => {
      await using tmux = await open(20, 5, '--filter', 'name=web')
      const tiny = await tmux.until('one container', (all) => /^ {2}web +\d/.test(all[3] ?? ''))
      expect(tiny).toHaveLength(5)
      expect(tiny[0]).toBe('1 container')
      expect(tiny[1]).toMatch(/^NAME↑ +CPU%$/)
      await tmux.resize(90, 12)
      await tmux.until('more of it', (all) => all[1]?.startsWith('● docker') === true && /LIMIT +PIDS$/.test(all[3] ?? ''))
      await tmux.resize(40, 3)
      await tmux.until('less of it', (all) => /^NAME↑ +CPU% +MEM$/.test(all[1] ?? ''))
      await tmux.press('C-c')
      await tmux.until('the shell', (all) => all.some((one) => one.startsWith('status 0')))
    })

    it('gives the terminal back when it is stopped, and when it is ended', async () => {
      await using tmux = await Tmux.open(lab, { columns: 80, rows: 20 }, 'PS1="$ " bash --norc --noprofile')
      await tmux.press(`${quoted([...line, 'watch', '--engine', docker.socket])} & echo $! >${lab.path('pid')}; fg`, 'Enter')
      await tmux.until('the list', (all) => nameOrder(all).length === 3)
      await tmux.press('C-z')
      await tmux.until('the shell', (all) => all.some((one) => one.includes('Stopped')))
      await tmux.press('fg', 'Enter')
      await tmux.until('the list again', (all) => nameOrder(all).length === 3)
      await tmux.press('C-z')
      await tmux.until('the shell again', (all) => all.filter((one) => one.includes('Stopped')).length > 1)
      await tmux.press(`fg; echo "status $? $(stty -a | grep -o -- '-\\?icanon')"`, 'Enter')
      await tmux.until('the list once more', (all) => nameOrder(all).length === 3)
      const { stdout } = await lab.command(['sh', '-c', `kill -TERM "$(cat ${lab.path('pid')})"`])
      expect(stdout).toBe('')
      await tmux.until('its status', (all) => all.includes('status 143 icanon'))
    })

    it('shows an engine that goes and comes back', async () => {
      await using tmux = await open(80, 24)
      await tmux.until('the list', (all) => nameOrder(all).length === 3)
      await docker.stop('SIGKILL')
      await tmux.until('the loss', (all) => all[1]?.startsWith('○ docker') === true && all.some((one) => /^ {2}web .*unknown/.test(one)))
      await docker.start()
      await tmux.until('the return', (all) => all[1]?.startsWith('● docker') === true && all.some((one) => /^ {2}web .*running/.test(one)))
      await tmux.press('q')
      await tmux.until('the shell as before', restored(0))
    })
  })
}
