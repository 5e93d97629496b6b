/** A program that was killed between the two halves of a whole-file replacement, or while it waited for the lock, leaves a file in the
 *  state directory that teu has made, and therefore has to be able to remove. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'

let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-stale-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describeIf('remove with force', [needsRoot], () => {
  it.each(['state.json.4194303.1.tmp', 'lock.4194303.1', 'lock.4194303.stale'])('removes %s', async (name) => {
    const containers = await Containers.open({ root: directory })
    mkdirSync(`${directory}/killed`, { recursive: true })
    writeFileSync(`${directory}/killed/${name}`, '')
    try {
      await containers.remove('killed', { force: true })
      expect(readdirSync(directory)).toEqual([])
    } finally {
      rmSync(`${directory}/killed`, { recursive: true, force: true })
    }
  })
})
