/** Whoever created a container hears from `wait()` that the kernel killed it for lack of memory. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

let directory = ''
let containers: Containers
const LIMIT = 16 * 1024 * 1024

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'teu-oom-wait-'))
  makeRootfs(`${directory}/rootfs`)
  containers = await Containers.open({ root: `${directory}/state` })
})
afterAll(async () => {
  await sharedSpawner().close()
  rmSync(directory, { recursive: true })
})

describeIf('wait() after an OOM kill', [needsRoot], () => {
  it.each(['creator', 'other'] as const)('tells the %s, with cgroup, limit and peak', async (who) => {
    const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
    const script = 'x=$(head -c 100000000 /dev/zero | tr "\\0" x); echo $x | wc -c'
    const spec = { ...baseConfig(['/bin/sh', '-c', script], ''), linux: { ...linux, resources: { memory: { limit: LIMIT } } } }
    const id = `oom-wait-${process.pid}-${who}`
    const container = await containers.create(id, { bundle: directory, spec, stdio: 'null' })
    try {
      await container.start()
      const own = await container.wait()
      const report = who === 'creator' ? own : await (await containers.load(id)).wait()
      expect(report.signal).toBe('SIGKILL')
      expect(report.oomKilled).toBe(true)
      expect(report.oom).toMatchObject({ limitBytes: BigInt(LIMIT), peakBytes: BigInt(LIMIT) })
      // A process that the kernel chooses twice, or a second one while the first lets go of its memory, counts too.
      expect(report.oom?.kills).toBeGreaterThanOrEqual(1)
    } finally {
      await container.destroy({ force: true })
    }
  })
})
