/** Usage of a container that no engine has made: also where no engine runs, such as in the guest with pure cgroup v2. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { inLab } from '../../../tests/harness/in-lab.ts'
import { runtimePath } from '../../../tests/harness/runtime.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { ContainerdEngine, containerKey, containerOf, UsageSampler } from '../src/index.ts'
import { ContainerdDaemon } from './support/containerd-daemon.ts'

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
    const engine = { type: 'test', id: '', api: 'unix:///test', pid: 0 }
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

/** A process 1 that buries the dead, and beside it what comes behind. `unshare` does not hear of SIGTERM, and takes all of it with it. */
const INSIDE = 'unshare --pid --fork --mount-proc --kill-child /bin/sh -c \'"$@" & wait\' sh "$@"'
const ELSEWHERE = ['/bin/sh', '-c', `trap 'kill -9 $!' TERM; ${INSIDE} & wait $!; wait`, 'sh']

/** The first child of a process. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0])
}

describeIf('usage', [needsRoot, needsPrograms('containerd', 'runc', 'unshare')], () => {
  inLab('of containers whose engine is in another pid namespace is read too, once its process is known', async (lab) => {
    const daemon = new ContainerdDaemon(lab, ELSEWHERE)
    try {
      await daemon.start()
      await daemon.run('web')
      const pid = childOf(childOf(daemon.pid))
      await using engine = new ContainerdEngine(daemon.socket, { pid })
      await using blind = new ContainerdEngine(daemon.socket)
      const [web] = await engine.list()
      const [same] = await blind.list()
      if (web === undefined || same === undefined) throw new Error('no container')
      // A number that means something else here, or nothing.
      expect(web.pid).toBeLessThan(1_000)
      using sampler = new UsageSampler()
      expect((await sampler.sample([web])).get(containerKey(web))).toMatchObject({ pids: 1 })
      using other = new UsageSampler()
      expect((await other.sample([same])).size).toBe(0)
    } finally {
      await daemon.close()
    }
  })
})
