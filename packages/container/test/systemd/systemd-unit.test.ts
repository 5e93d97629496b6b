/** Units of containers with a real systemd. Runs where systemd is process 1. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeIf, needsRoot, needsSystemd } from '../../../../tests/harness/requirements.ts'
import { type CgroupLocation, locateCgroups } from '../../src/cgroup/locate.ts'
import { applyUpdate, readPids } from '../../src/cgroup/manage.ts'
import { compileUpdate } from '../../src/cgroup/resources/compile.ts'
import { parseProcCgroup } from '../../src/probe/proc-cgroup.ts'
import { probeHost } from '../../src/probe/probe-host.ts'
import { attachToUnit, startUnit, stopUnit, updateUnit } from '../../src/systemd/driver.ts'
import { SystemdManager } from '../../src/systemd/manager.ts'

const host = probeHost()
const MIB = 1024 * 1024

describeIf('systemd units', [needsRoot, needsSystemd], () => {
  let manager: SystemdManager
  const children: ChildProcess[] = []
  const units: CgroupLocation[] = []

  beforeEach(async () => {
    manager = await SystemdManager.open()
  })
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
    for (const location of units.splice(0)) await stopUnit(manager, location)
    manager.close()
  })

  async function sleeper(): Promise<number> {
    const child = spawn('/bin/sleep', ['300'], { stdio: 'ignore' })
    children.push(child)
    await once(child, 'spawn')
    return child.pid as number
  }

  function locate(cgroupsPath: string): CgroupLocation {
    const location = locateCgroups({ cgroupsPath, id: 'x', manager: 'systemd', host })
    units.push(location)
    return location
  }

  const read = (location: CgroupLocation, file: string): string => readFileSync(`${location.paths['']}/${file}`, 'utf8').trim()

  it('tells its version', async () => {
    expect(await manager.version()).toBeGreaterThan(200)
  })

  it('starts a scope where the plan expects it, with its limits', async () => {
    const location = locate('teutest-a.slice:teu:one')
    const pid = await sleeper()
    const resources = {
      memory: { limit: 64 * MIB, swap: 64 * MIB, reservation: 32 * MIB },
      pids: { limit: 20 },
      cpu: { shares: 512, quota: 25_000, period: 50_000, cpus: '0', mems: '0' },
    }
    await startUnit(manager, {
      id: 'one',
      location,
      pids: [pid],
      resources,
      annotations: { 'org.systemd.property.CollectMode': "'inactive-or-failed'" },
    })
    const unified = parseProcCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).find(({ hierarchy }) => hierarchy === 0)
    expect(unified?.path).toBe('/teutest.slice/teutest-a.slice/teu-one.scope')
    expect(readPids(location)).toEqual([pid])
    if (location.layout !== 'v2') return
    expect(
      ['memory.max', 'memory.low', 'memory.swap.max', 'pids.max', 'cpu.weight', 'cpu.max', 'cpuset.cpus'].map((file) =>
        read(location, file),
      ),
    ).toEqual([String(64 * MIB), String(32 * MIB), '0', '20', '59', '25000 50000', '0'])
    // Delegated: groups of our own below the scope stay.
    mkdirSync(`${location.paths['']}/own`)
    expect(existsSync(`${location.paths['']}/own/cgroup.procs`)).toBe(true)
  })

  it('keeps an update over a reload of systemd', async () => {
    const location = locate('system.slice:teu:two')
    const old = { memory: { limit: 64 * MIB }, cpu: { quota: 25_000, period: 50_000 } }
    await startUnit(manager, { id: 'two', location, pids: [await sleeper()], resources: old })
    const patch = { memory: { limit: 96 * MIB }, pids: { limit: 30 } }
    await updateUnit(manager, { location, old, patch })
    await applyUpdate(compileUpdate(old, patch, location).writes)
    const reload = spawn('systemctl', ['daemon-reload'], { stdio: 'ignore' })
    await once(reload, 'exit')
    if (location.layout !== 'v2') return
    expect([read(location, 'memory.max'), read(location, 'pids.max'), read(location, 'cpu.max')]).toEqual([
      String(96 * MIB),
      '30',
      '25000 50000',
    ])
  })

  it('refuses a second unit of the same name, and leaves the first', async () => {
    const location = locate('system.slice:teu:three')
    const pid = await sleeper()
    await startUnit(manager, { id: 'three', location, pids: [pid] })
    await expect(startUnit(manager, { id: 'three', location, pids: [await sleeper()] })).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP' })
    expect(readPids(location)).toEqual([pid])
  })

  it('says what systemd refuses', async () => {
    const location = locate('system.slice:teu:four')
    await expect(startUnit(manager, { id: 'four', location, pids: [] })).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP' })
    const annotations = { 'org.systemd.property.NoSuchThing': 'true' }
    await expect(startUnit(manager, { id: 'four', location, pids: [await sleeper()], annotations })).rejects.toThrow(/NoSuchThing/)
  })

  it('moves processes into the unit', async () => {
    const location = locate('system.slice:teu:five')
    const first = await sleeper()
    await startUnit(manager, { id: 'five', location, pids: [first] })
    const second = await sleeper()
    await attachToUnit(manager, location, [second])
    expect(readPids(location)).toEqual([first, second].sort((a, b) => a - b))
  })

  it('stops a unit, and a unit that is gone', async () => {
    const location = locate('system.slice:teu:six')
    await startUnit(manager, { id: 'six', location, pids: [await sleeper()] })
    await stopUnit(manager, location)
    expect(existsSync(location.hierarchies[0]?.path ?? '')).toBe(false)
    await stopUnit(manager, location)
  })

  it('ends a call by its signal', async () => {
    const reason = new Error('enough')
    await expect(manager.version({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
