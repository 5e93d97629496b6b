/** A state root without room: a structured error, and no descriptor is left open. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isTeuError } from '@teu/spec'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-full-disk-'))
  makeRootfs(`${directory}/rootfs`)
  mkdirSync(`${directory}/state`)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,mode=700', 'none', `${directory}/state`])
  writeFileSync(`${directory}/state/.fill`, Buffer.alloc(4096))
})
afterAll(async () => {
  await sharedSpawner().close()
  execFileSync('umount', ['-l', `${directory}/state`])
  rmdirSync(`${directory}/state`)
  rmSync(directory, { recursive: true })
})

describeIf('a full disk', [needsRoot], () => {
  it('is a structured error that leaves nothing', async () => {
    const containers = await Containers.open({ root: `${directory}/state` })
    const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
    const options = { bundle: directory, spec: { ...baseConfig(['/bin/true'], ''), linux }, stdio: 'null' as const }
    const before = readdirSync('/proc/self/fd').length
    const errors: unknown[] = []
    for (let i = 0; i < 10; i++) await containers.run(`full-${process.pid}`, options).catch((error: unknown) => errors.push(error))
    expect(readdirSync(`${directory}/state`)).toEqual(['.fill'])
    expect(errors).toHaveLength(10)
    expect.soft(readdirSync('/proc/self/fd').length - before).toBeLessThan(5)
    expect.soft(errors.every((error) => isTeuError(error))).toBe(true)
  })
})
