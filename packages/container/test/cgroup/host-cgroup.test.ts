/** The compiled writes against the kernel of this machine, in cgroups of our own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { LinuxResources } from '@teu/spec'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { cgroupFileProbe } from '../../src/cgroup/choose.ts'
import { planDeviceRules } from '../../src/cgroup/device-steps.ts'
import { freezerHierarchy, memoryHierarchy } from '../../src/cgroup/guard.ts'
import { type CgroupLocation, hierarchyOf, locateCgroups } from '../../src/cgroup/locate.ts'
import { applyUpdate, cgroupIsEmpty, freezerState, readOomKills, readPids, removeCgroups } from '../../src/cgroup/manage.ts'
import { compileResources, compileUpdate } from '../../src/cgroup/resources/compile.ts'
import { readStats } from '../../src/cgroup/stats/read.ts'
import { probeHost } from '../../src/probe/probe-host.ts'

const host = probeHost()
const needsCgroups = host.cgroup.layout === 'none' ? 'needs a cgroup file system' : undefined
const MIB = 1024 * 1024

/** Children of this test, by their own handles. */
const children: ChildProcess[] = []
let location: CgroupLocation

/** Makes the cgroups as a plan's steps would: directories, v2 controllers, filled v1 cpusets. */
function make({ hierarchies, layout }: CgroupLocation): void {
  for (const { version, root, path, controllers } of hierarchies) {
    if (version === 2 && layout === 'v2') {
      for (const controller of controllers) writeFileSync(`${root}/cgroup.subtree_control`, `+${controller}`)
    }
    mkdirSync(path)
    if (version === 1 && controllers.includes('cpuset')) {
      for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(`${path}/${file}`, readFileSync(`${root}/${file}`))
    }
  }
}

function join(pid: number | undefined): void {
  for (const { path } of location.hierarchies) writeFileSync(`${path}/cgroup.procs`, String(pid))
}

async function startChild(script: string): Promise<ChildProcess> {
  // It waits for a line before it does anything, so that it can be moved first.
  const child = spawn('/bin/sh', ['-c', `read line; ${script}`], { stdio: ['pipe', 'ignore', 'ignore'] })
  children.push(child)
  await once(child, 'spawn')
  join(child.pid)
  child.stdin?.end('go\n')
  return child
}

function read(controller: string, file: string, other = controller): string | undefined {
  const hierarchy = hierarchyOf(location, controller, other)
  return hierarchy && readFileSync(`${hierarchy.path}/${file}`, 'utf8').trim()
}

describeIf('cgroups of this machine', [needsRoot, needsCgroups], () => {
  beforeEach(() => {
    location = locateCgroups({ cgroupsPath: `/teu-test-${process.pid}`, id: 'x', manager: 'fs', host })
    make(location)
  })
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      const freezer = freezerHierarchy(location)
      if (freezer)
        writeFileSync(
          `${freezer.path}/${freezer.version === 2 ? 'cgroup.freeze' : 'freezer.state'}`,
          freezer.version === 2 ? '0' : 'THAWED',
        )
      await gone
    }
    await removeCgroups(location)
    for (const { path } of location.hierarchies) expect(existsSync(path)).toBe(false)
  })

  it('takes every write that is compiled for a new container', async () => {
    const v2 = location.layout === 'v2'
    const resources: LinuxResources = {
      memory: { limit: 64 * MIB, reservation: 32 * MIB, ...(v2 ? { swap: 64 * MIB } : { swappiness: 10 }) },
      cpu: { shares: 512, quota: 20_000, period: 50_000, burst: 1000, cpus: '0', mems: '0' },
      pids: { limit: 20 },
    }
    await applyUpdate(compileResources(resources, location, { hasFile: cgroupFileProbe(location) }))
    expect(read('memory', v2 ? 'memory.max' : 'memory.limit_in_bytes')).toBe(String(64 * MIB))
    expect(read('pids', 'pids.max')).toBe('20')
    expect(read('cpuset', 'cpuset.cpus')).toBe('0')
    if (v2) expect([read('cpu', 'cpu.max'), read('cpu', 'cpu.weight'), read('cpu', 'cpu.max.burst')]).toEqual(['20000 50000', '59', '1000'])
    else
      expect([read('cpu', 'cpu.cfs_quota_us'), read('cpu', 'cpu.shares'), read('cpu', 'cpu.cfs_burst_us')]).toEqual([
        '20000',
        '512',
        '1000',
      ])
  })

  it.skipIf(host.cgroup.layout === 'v2')('takes the lines of device rules, and no others are left (needs cgroup v1)', () => {
    const devices = hierarchyOf(location, 'devices')
    expect(devices).toBeDefined()
    const spec = {
      ociVersion: '1.3.0',
      root: { path: 'rootfs' },
      linux: { resources: { devices: [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }] } },
    } as const
    for (const step of planDeviceRules(spec, location, host)) {
      if (step.op === 'write_file') writeFileSync(step.path, step.data)
    }
    const list = readFileSync(`${devices?.path}/devices.list`, 'utf8').trim().split('\n')
    expect(list).toEqual(expect.arrayContaining(['c 1:3 rwm', 'c 136:* rwm', 'c *:* m', 'b *:* m']))
    expect(list.some((line) => line.startsWith('c 10:229 rw'))).toBe(true)
    expect(list.some((line) => line.startsWith('a ') || /^[cb] \*:\* .*[rw]/.test(line))).toBe(false)
  })

  it('raises and lowers what the kernel ties together, in either direction', async () => {
    const hasSwap = location.layout === 'v2' || existsSync(`${memoryHierarchy(location)?.path}/memory.memsw.limit_in_bytes`)
    let current: LinuxResources = {}
    for (const factor of [4, 8, 2, 2, 16]) {
      const { writes, resources } = compileUpdate(
        current,
        {
          memory: { limit: 16 * MIB * factor, ...(hasSwap && { swap: 20 * MIB * factor }) },
          cpu: { quota: 10_000 * factor, period: 25_000 * factor, burst: 1000 * factor },
        },
        location,
      )
      await applyUpdate(writes)
      current = resources
    }
    await applyUpdate(compileUpdate(current, { memory: null, cpu: null }, location).writes)
    expect(readStats(location, { only: ['memory'] }).memory?.usage?.limit).toBeUndefined()
  })

  it('leaves everything as it was when one value is refused', async () => {
    const limits = { memory: { limit: 64 * MIB }, pids: { limit: 20 } }
    await applyUpdate(compileResources(limits, location))
    const { writes } = compileUpdate(limits, { memory: { limit: 128 * MIB }, pids: { limit: 30 }, cpu: { cpus: '99999' } }, location)
    await expect(applyUpdate(writes)).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP', pointer: '/linux/resources/cpu/cpus' })
    const { memory, pids } = readStats(location, { only: ['memory', 'pids'] })
    expect([memory?.usage?.limit, pids?.limit]).toEqual([BigInt(64 * MIB), 20n])
  })

  it('counts, lists, freezes and clears away', async () => {
    expect(cgroupIsEmpty(location)).toBe(true)
    const child = await startChild('exec sleep 60')
    expect(readPids(location)).toEqual([child.pid])
    expect(cgroupIsEmpty(location)).toBe(false)
    const stats = readStats(location, { initPid: child.pid as number })
    expect(stats.pids?.current).toBe(1n)
    expect(stats.cpu?.usage?.total).toBeGreaterThanOrEqual(0n)
    expect(stats.memory?.usage?.usage).toBeGreaterThanOrEqual(0n)
    expect(stats.network?.map(({ name }) => name)).toContain('lo')

    const freezer = freezerHierarchy(location)
    expect(freezerState(location)).toBe('thawed')
    writeFileSync(`${freezer?.path}/${freezer?.version === 2 ? 'cgroup.freeze' : 'freezer.state'}`, freezer?.version === 2 ? '1' : 'FROZEN')
    while (freezerState(location) === 'freezing') await new Promise((resolve) => setImmediate(resolve))
    expect(freezerState(location)).toBe('frozen')
    await expect(removeCgroups(location)).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP', errno: 'EBUSY' })
  })

  it('sees what the kernel killed for lack of memory', async () => {
    await applyUpdate(compileResources({ memory: { limit: 8 * MIB, ...(location.layout === 'v2' && { swap: 8 * MIB }) } }, location))
    const child = await startChild('x=0123456789abcdef; while :; do x=$x$x; done')
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect([signal, readOomKills(location)]).toEqual(['SIGKILL', 1])
  })
})
