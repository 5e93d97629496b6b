/** A memory limit below what the start itself needs. */

import { afterAll, expect } from 'vitest'
import { controllers } from '../../../../tests/harness/cgroups.ts'
import { inLab as it } from '../../../../tests/harness/in-lab.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

afterAll(() => sharedSpawner().close())

const needsMemory = controllers().includes('memory') ? undefined : 'needs the memory controller'

describeIf('a memory limit that the start does not fit in', [needsRoot, needsMemory], () => {
  for (const operation of ['run', 'create'] as const) {
    it(`is what ${operation} names as the reason`, async (lab) => {
      const containers = await Containers.open({ root: lab.root })
      const id = lab.id()
      const bundle = lab.bundle(['/bin/true'], (config) => (config.linux.resources = { memory: { limit: 4096 } }), id)
      await expect(containers[operation](id, { bundle: bundle.dir, stdio: 'null' })).rejects.toMatchObject({
        code: 'ERR_TEU_OOM_AT_START',
        message: 'container init was OOM-killed (memory limit too low?)',
        containerId: id,
      })
    })
  }
})
