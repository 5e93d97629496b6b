/** Runs that their caller gives up. */

import { readdirSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { withLab } from '../../../../tests/harness/in-lab.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

afterAll(() => sharedSpawner().close())

describeIf('run() with a signal', [needsRoot], () => {
  it('ends the container when the signal comes with the start of the program', () =>
    withLab(async (lab) => {
      const containers = await Containers.open({ root: lab.root })
      const abort = new AbortController()
      const reason = new Error('enough')
      const id = lab.id()
      const { dir } = lab.bundle(['/bin/sleep', '1000'], undefined, id)
      const run = containers.run(id, { bundle: dir, stdio: 'null', signal: abort.signal, onStarted: () => abort.abort(reason) })
      await expect(run).rejects.toBe(reason)
      expect(readdirSync(lab.root)).toEqual([])
    }))
})
