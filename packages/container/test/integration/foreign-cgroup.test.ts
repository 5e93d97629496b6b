/** A cgroup that somebody else lives in: refused, and left as it is, whatever else goes wrong. */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { cgroupDir } from '../../../../tests/harness/cgroups.ts'
import { inLab as it } from '../../../../tests/harness/in-lab.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

afterAll(() => sharedSpawner().close())

function bundleIn(lab: Lab, cgroupsPath: string, args: readonly string[]): string {
  return lab.bundle(args, (config) => (config.linux.cgroupsPath = cgroupsPath)).dir
}

const occupied = { code: 'ERR_TEU_CGROUP', message: expect.stringContaining("container's cgroup is not empty") as string }

describeIf('the cgroup of somebody else', [needsRoot], () => {
  it('is refused when a process is in a cgroup below, and nothing in it is removed', async (lab) => {
    const containers = await Containers.open({ root: lab.root })
    const path = lab.cgroupsPath('others')
    const directory = cgroupDir('pids', path)
    const sleeper = lab.spawn(['sleep', '1000'])
    for (const name of ['busy', 'empty']) mkdirSync(join(directory, name), { recursive: true })
    writeFileSync(join(directory, 'busy/cgroup.procs'), String(sleeper.pid))
    const before = readFileSync(`/proc/${sleeper.pid}/cgroup`, 'utf8')
    for (const operation of ['run', 'create'] as const) {
      await expect(containers[operation](lab.id(), { bundle: bundleIn(lab, path, ['/bin/true']), stdio: 'null' })).rejects.toMatchObject(
        occupied,
      )
    }
    expect(existsSync(join(directory, 'empty'))).toBe(true)
    expect(readFileSync(`/proc/${sleeper.pid}/cgroup`, 'utf8')).toBe(before)
    await sleeper[Symbol.asyncDispose]()
    for (const name of ['busy', 'empty', '.']) rmdirSync(join(directory, name))
  })

  it('is not killed through a stopped container that had it before', async (lab) => {
    const containers = await Containers.open({ root: lab.root })
    const path = lab.cgroupsPath('again')
    const first = await containers.create(lab.id(), { bundle: bundleIn(lab, path, ['/bin/true']), stdio: 'null' })
    await first.start()
    await first.wait()
    const second = await containers.create(lab.id(), { bundle: bundleIn(lab, path, ['/bin/sleep', '1000']), stdio: 'null' })
    await second.start()
    await first.kill('SIGKILL', { all: true })
    await first.destroy({ force: true })
    expect([await first.status(), await second.status()]).toEqual(['destroyed', 'running'])
    await second.destroy({ force: true })
  })

  it('does not hide the first reason of a failure', async (lab) => {
    const containers = await Containers.open({ root: lab.root })
    const path = lab.cgroupsPath('taken')
    const first = await containers.create(lab.id(), { bundle: bundleIn(lab, path, ['/bin/sleep', '1000']), stdio: 'null' })
    await first.start()
    const second = { bundle: bundleIn(lab, path, ['/bin/true']), stdio: 'null' } as const
    await expect(containers.run(lab.id(), second)).rejects.toMatchObject(occupied)
    const noSocket = containers.run(lab.id(), { ...second, pidfdSocket: lab.path('nobody') })
    await expect(noSocket).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', path: lab.path('nobody') })
    expect(await first.status()).toBe('running')
    await first.destroy({ force: true })
  })
})
