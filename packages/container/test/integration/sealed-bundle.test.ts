/** A sealed config that is run with another bundle: the record names the bundle of the call. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'
import { sealSpec } from '../../src/lifecycle/prepare.ts'

let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-sealed-'))
  makeRootfs(`${directory}/rootfs`)
  for (const name of ['a', 'b']) mkdirSync(`${directory}/${name}`)
})
afterAll(async () => {
  await sharedSpawner().close()
  rmSync(directory, { recursive: true })
})

describeIf('a sealed config', [needsRoot], () => {
  it('is not tied to the bundle of its first run', async () => {
    const containers = await Containers.open({ root: `${directory}/state` })
    const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
    const base = { ...baseConfig(['/bin/sleep', '0.3'], ''), linux }
    const spec = sealSpec({ ...base, root: { path: `${directory}/rootfs`, readonly: true } }, `${directory}/a`)
    const seen: string[] = []
    for (const name of ['a', 'b']) {
      const id = `sealed-${process.pid}-${name}`.padEnd(20, 'x')
      let known: Promise<unknown> = Promise.resolve()
      const onStarted = (): void => {
        known = containers
          .load(id)
          .then(async (container) => await container.state())
          .then(({ bundle }) => seen.push(bundle))
      }
      await containers.run(id, { bundle: `${directory}/${name}`, spec, stdio: 'null', onStarted })
      await known
    }
    expect(seen).toEqual([`${directory}/a`, `${directory}/b`])
  })
})
