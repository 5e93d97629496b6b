/** An abort that comes when the container is gone already must not reach another one that has its name now. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

let directory = ''
let containers: Containers

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'teu-abort-late-'))
  makeRootfs(`${directory}/rootfs`)
  containers = await Containers.open({ root: `${directory}/state` })
})
afterAll(async () => {
  await sharedSpawner().close()
  rmSync(directory, { recursive: true, force: true })
})

function options(script: string) {
  const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
  return { bundle: directory, spec: { ...baseConfig(['/bin/sh', '-c', script], ''), linux }, stdio: 'null' as const }
}

describeIf('abort of a run that has ended', [needsRoot], () => {
  it('leaves a new container of the same name alone', async () => {
    const id = `abort-late-${process.pid}`
    const problems: string[] = []
    for (let i = 0; i < 30; i++) {
      const abort = new AbortController()
      const first = containers.run(id, { ...options('true'), signal: abort.signal }).catch(() => undefined)
      await delay(1 + (i % 3))
      // teu-init has removed the state directory; this process has not heard of it yet.
      const deadline = performance.now() + 1_000
      while (existsSync(`${directory}/state/${id}`) && performance.now() < deadline) continue
      abort.abort()
      const second = containers.run(id, options('sleep 0.1; exit 7')).then(
        ({ exitCode, signal }) => `${exitCode ?? signal}`,
        (error: unknown) => (error as Error).message,
      )
      await first
      const end = await second
      if (end !== '7') problems.push(end)
    }
    expect(problems).toEqual([])
  }, 60_000)
})
