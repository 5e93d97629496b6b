/** Usage of a container that no engine has made: also where no engine runs, such as in the guest with pure cgroup v2. */

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { inLab } from '../../../tests/harness/in-lab.ts'
import { runtimePath } from '../../../tests/harness/runtime.ts'
import { describeIf, needsRoot } from '../../../tests/harness/requirements.ts'
import { containerKey, containerOf, UsageSampler } from '../src/index.ts'

const MIB = 2 ** 20
const built = existsSync(runtimePath) ? undefined : `needs ${runtimePath}: npm run build`

describeIf('usage', [needsRoot, built], () => {
  inLab("is read from the container's cgroup, whatever the layout", async (lab) => {
    const id = randomBytes(32).toString('hex')
    const box = await lab.start(['/bin/sh', '-c', 'while :; do :; done'], (config) => {
      config.linux.cgroupsPath = `/${lab.mark}/docker-${id}.scope`
      config.linux.resources = { ...config.linux.resources, memory: { limit: 64 * MIB } }
    })
    const { pid = 0 } = await lab.state(box.id)
    const engine = { type: 'test', id: '', api: 'unix:///test' }
    const container = containerOf({ id, name: 'busy', labels: {}, pid, paused: false, engine })
    using sampler = new UsageSampler()
    const usage = async () => (await sampler.sample([container])).get(containerKey(container))
    expect(await usage()).toMatchObject({ cpuPercent: undefined, memoryLimitBytes: 64 * MIB, pids: 1 })
    await delay(500)
    const second = await usage()
    expect(second?.cpuPercent).toBeGreaterThan(1)
    expect(second?.memoryBytes).toBeGreaterThan(4096)
    await lab.runtime(['delete', '--force', box.id])
    expect((await sampler.sample([{ ...container, pid: process.pid }])).size).toBe(0)
  })
})
