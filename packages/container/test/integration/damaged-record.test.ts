/** Records that were damaged: every operation says so, and force removes the container nevertheless. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { isTeuError } from '@teu/spec'
import { afterAll, expect } from 'vitest'
import { inLab as it } from '../../../../tests/harness/in-lab.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'
import { readStartTime } from '../../src/probe/proc-stat.ts'
import type { BadEntry } from '../../src/types.ts'

afterAll(() => sharedSpawner().close())

const DAMAGES: Readonly<Record<string, (path: string, text: string) => void>> = {
  'is empty': (path) => writeFileSync(path, ''),
  'was cut off': (path, text) => writeFileSync(path, text.slice(0, 200)),
  'is null': (path) => writeFileSync(path, 'null'),
  'has no cgroup': (path, text) => writeFileSync(path, JSON.stringify({ ...(JSON.parse(text) as object), cgroup: undefined })),
  'is that of another container': (path, text) => writeFileSync(path, JSON.stringify({ ...(JSON.parse(text) as object), id: '../x' })),
  'is a FIFO': (path) => {
    unlinkSync(path)
    execFileSync('mkfifo', [path])
  },
}

describeIf('a record that', [needsRoot], () => {
  for (const [what, damage] of Object.entries(DAMAGES)) {
    it(what, async (lab) => {
      const containers = await Containers.open({ root: lab.root })
      const id = lab.id()
      const container = await containers.create(id, { bundle: lab.bundle(['/bin/sleep', '1000'], undefined, id).dir, stdio: 'null' })
      await container.start()
      const { initPid = 0, initStartTime } = await container.state()
      const path = `${lab.root}/${id}/state.json`
      damage(path, readFileSync(path, 'utf8'))

      const structured = (error: unknown): boolean => isTeuError(error) && !isTeuError(error, 'ERR_TEU_NOT_FOUND')
      for (const attempt of [containers.load(id), containers.state(id), containers.kill(id), container.exec({ args: ['/bin/true'] })]) {
        await expect(attempt).rejects.toSatisfy(structured)
      }
      const bad: BadEntry[] = []
      expect(await containers.list({ onBadEntry: (entry) => bad.push(entry) })).toEqual([])
      expect(bad).toMatchObject([{ id, error: expect.toSatisfy(structured) as Error }])
      await expect(containers.remove(id)).rejects.toSatisfy(structured)
      expect(readStartTime(initPid)).toBe(initStartTime)

      await containers.remove(id, { force: true })
      expect(readdirSync(lab.root)).toEqual([])
      expect(existsSync(`/proc/${initPid}`)).toBe(false)
    })
  }

  it('has become a directory is not removed with all that is in it', async (lab) => {
    const containers = await Containers.open({ root: lab.root })
    mkdirSync(`${lab.root}/box/state.json`, { recursive: true })
    const refused = { code: 'ERR_TEU_SYSTEM', path: `${lab.root}/box/state.json` }
    await expect(containers.remove('box', { force: true })).rejects.toMatchObject(refused)
    rmdirSync(`${lab.root}/box/state.json`)
    writeFileSync(`${lab.root}/box/notes`, '')
    await expect(containers.remove('box', { force: true })).rejects.toMatchObject({ ...refused, path: `${lab.root}/box` })
    expect(readdirSync(`${lab.root}/box`)).toEqual(['notes'])
  })
})
