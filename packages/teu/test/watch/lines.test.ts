/** `teu watch` as lines, with a real engine. */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Child } from '../../../../tests/harness/child.ts'
import { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import { closeLab } from '../../../watch/test/support/close-lab.ts'
import { DockerDaemon } from '../../../watch/test/support/docker-daemon.ts'
import { PROGRAMS, quoted } from '../support/programs.ts'

const SHOP = { 'com.docker.compose.project': 'shop', evil: '\u001b[31m\u202e' }
/** One that is looked for may stand behind others that do not answer. */
const PATIENCE_MS = 45_000

for (const { name, line, missing } of PROGRAMS) {
  describeIf(`teu watch ${name}`, [needsRoot, needsPrograms('dockerd', 'containerd', 'runc', 'busybox', 'tar'), missing], () => {
    let lab: Lab
    let docker: DockerDaemon
    let engine: string

    beforeAll(async () => {
      lab = new Lab()
      docker = new DockerDaemon(lab)
      engine = `docker.com unix://${docker.socket}`
      await docker.start()
    })

    afterAll(async () => closeLab(lab, docker))

    beforeEach(async () => {
      // After a failure.
      if (!docker.running) await docker.start()
      await docker.clear()
    })

    const watch = (...args: readonly string[]): Child => lab.spawn([...line, 'watch', ...args])
    const until = (child: Child, text: string): Promise<string> => child.stdout.waitFor((one) => one.includes(text), PATIENCE_MS)

    it('prints what happens, until SIGINT', async () => {
      await using child = watch('--engine', docker.socket)
      await until(child, `watching ${engine}`)
      const id = await docker.run('web', { labels: SHOP })
      await until(child, ' started web ')
      await docker.do('web', 'pause')
      await until(child, ' paused web ')
      await docker.do('web', 'unpause')
      await docker.do('web', 'rename?name=front')
      await until(child, ' updated front ')
      await docker.remove('front')
      await until(child, ' exited front ')
      child.process.kill('SIGINT')
      expect(await child.ended).toEqual({ code: 0, signal: null })
      const told = child.stdout.seen.map((one) => one.replace(/^\S+ /, '').replace(/pid \d+/, 'pid N'))
      const where = `project shop, id ${id.slice(0, 12)}`
      expect(told).toEqual([
        `watching ${engine}`,
        `started web (${where}, pid N, ${engine})`,
        `paused web (${where}, ${engine})`,
        `unpaused web (${where}, ${engine})`,
        `updated front (before: web, ${where}, ${engine})`,
        `exited front (${where}, exit code 137, ${engine})`,
      ])
      expect(child.stderr.text).toBe('')
    })

    it('prints an object for each event that is wanted, of engines that it finds', { timeout: 120_000 }, async () => {
      const id = await docker.run('web', { labels: SHOP })
      await docker.run('other')
      await using child = watch('--format', 'json', '--filter', `engine=${docker.socket}`, '--filter', 'project=sh*')
      await until(child, '"synced"')
      await docker.remove('other')
      await docker.remove('web')
      await until(child, '"exited"')
      child.process.kill('SIGTERM')
      expect(await child.ended).toEqual({ code: 143, signal: null })
      const told = child.stdout.seen.map((one) => JSON.parse(one) as { type: string; container?: object })
      expect(told.map(({ type }) => type)).toEqual(['started', 'synced', 'exited'])
      const from = { type: 'docker.com', api: `unix://${docker.socket}` }
      expect(told[0]).toMatchObject({
        engine: from,
        container: { id, name: 'web', project: 'shop', image: 'box', labels: SHOP, paused: false, privileged: false },
      })
      expect(told[2]).toMatchObject({ source: 'event', exitCode: 137, container: { id } })
      expect(child.stdout.text).toContain('\\u001b[31m\\u202e')
    })

    it('waits for an engine that is not there, and is there again', async () => {
      await docker.run('web')
      await docker.stop('SIGKILL')
      await using child = watch('--engine', docker.socket)
      await until(child, `lost ${engine}: `)
      await docker.start()
      await until(child, ' found web ')
      await until(child, `watching ${engine}`)
      await docker.remove('web')
      await until(child, ' exited web ')
      child.process.kill('SIGINT')
      expect(await child.ended).toEqual({ code: 0, signal: null })
    })

    it('ends without a word when nobody reads any more', async () => {
      await docker.run('web')
      const script = `{ ${quoted([...line, 'watch', '--engine', docker.socket])}; echo "status $?" >&2; } | head -n 1`
      await using child = lab.spawn(['sh', '-c', script])
      // Found by the list, or told of by an event that is not a second old.
      await until(child, ' web (id ')
      await docker.run('other')
      await docker.remove('web')
      await docker.remove('other')
      expect(await child.ended).toEqual({ code: 0, signal: null })
      expect(child.stderr.text).toBe('status 0\n')
    })
  })
}
