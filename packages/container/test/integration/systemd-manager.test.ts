/** Containers whose cgroups are systemd's, from the library and from the command line. Most of it runs where systemd is process 1. */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, it as declare, expect } from 'vitest'
import type { Config } from '../../../../tests/harness/base-config.ts'
import { withLab } from '../../../../tests/harness/in-lab.ts'
import { findLeaks } from '../../../../tests/harness/leaks.ts'
import type { Box, Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot, needsSystemd } from '../../../../tests/harness/requirements.ts'
import { runtimeRequirements } from '../../../../tests/harness/runtime.ts'
import { eventually, patience } from '../../../../tests/harness/wait.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

const requirements = [needsRoot, needsSystemd, needsPrograms('systemctl'), ...runtimeRequirements]
const SYSTEMD = { globals: ['--systemd-cgroup'] } as const
const FOREVER = ['/bin/sleep', '1000']

function it(name: string, test: (lab: Lab) => Promise<void>): void {
  declare(name, { timeout: 60_000 * patience }, () => withLab(test))
}

afterAll(() => sharedSpawner().close())

/** Puts the container into `teu-<id>.scope` below system.slice. */
function inScope(change?: (config: Config) => void): (config: Config) => void {
  return (config) => {
    delete config.linux.cgroupsPath
    change?.(config)
  }
}

function withLimit(limit: number): (config: Config) => void {
  return inScope((config) => {
    config.linux.resources = { ...config.linux.resources, pids: { limit } }
  })
}

/** Properties of a unit as systemd sees them now. */
function unit(name: string): Record<string, string> {
  const text = execFileSync('systemctl', ['show', '-p', 'LoadState,ActiveState,TasksMax,Slice,Delegate', name], { encoding: 'utf8' })
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  )
}

async function unitIsGone(name: string): Promise<void> {
  await eventually(`${name} is forgotten`, () => unit(name)['LoadState'] === 'not-found' || undefined)
}

function pidsMax(name: string): string {
  const base = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup'
  return readFileSync(`${base}/system.slice/${name}/pids.max`, 'utf8').trim()
}

function processesOf(name: string): string[] {
  const base = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'].find((path) => existsSync(path)) ?? '/sys/fs/cgroup'
  return readFileSync(`${base}/system.slice/${name}/cgroup.procs`, 'utf8').trim().split('\n')
}

describeIf('the library with systemd as cgroup manager', requirements, () => {
  const open = (lab: Lab): Promise<Containers> => Containers.open({ root: lab.root, cgroupManager: 'systemd' })

  it('makes a scope with nobody but init in it, changes it and ends it', async (lab) => {
    const containers = await open(lab)
    const id = lab.id()
    const scope = `teu-${id}.scope`
    const container = await containers.create(id, { bundle: lab.bundle(FOREVER, withLimit(20)).dir, stdio: 'null' })
    const { initPid, systemdScope, cgroupManager } = await container.state()
    expect({ systemdScope, cgroupManager }).toEqual({ systemdScope: scope, cgroupManager: 'systemd' })
    expect(processesOf(scope)).toEqual([String(initPid)])
    expect(unit(scope)).toMatchObject({ ActiveState: 'active', TasksMax: '20', Slice: 'system.slice', Delegate: 'yes' })
    await container.start()
    await container.update({ pids: { limit: 30 } })
    // systemd writes what it knows of again.
    execFileSync('systemctl', ['daemon-reload'])
    expect([unit(scope)['TasksMax'], pidsMax(scope)]).toEqual(['30', '30'])
    await container.pause()
    expect(await container.status()).toBe('paused')
    await container.destroy({ force: true })
    await unitIsGone(scope)
    expect(readdirSync(lab.root)).toEqual([])
  })

  it('takes an update back in systemd when the kernel refuses a part of it', async (lab) => {
    const containers = await open(lab)
    const id = lab.id()
    const container = await containers.create(id, { bundle: lab.bundle(FOREVER, withLimit(20)).dir, stdio: 'null' })
    const patch = { pids: { limit: 30 }, cpu: { cpus: '4000' } }
    await expect(container.update(patch)).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP' })
    expect([unit(`teu-${id}.scope`)['TasksMax'], pidsMax(`teu-${id}.scope`)]).toEqual(['20', '20'])
    await container.destroy({ force: true })
  })

  for (const limit of [1, 20]) {
    it(`runs a program to its end within a limit of ${limit} processes`, async (lab) => {
      const containers = await open(lab)
      const id = lab.id()
      let seen: string[] = []
      const report = await containers.run(id, {
        bundle: lab.bundle(['/bin/busybox', 'sh', '-c', 'exec /bin/busybox sleep 1'], withLimit(limit)).dir,
        stdio: 'null',
        onStarted: () => (seen = [unit(`teu-${id}.scope`)['TasksMax'] ?? '', pidsMax(`teu-${id}.scope`)]),
      })
      expect(report).toMatchObject({ exitCode: 0 })
      expect(seen).toEqual([String(limit), String(limit)])
      await unitIsGone(`teu-${id}.scope`)
      expect(readdirSync(lab.root)).toEqual([])
    })
  }

  it('leaves nothing of a container that cannot be made', async (lab) => {
    const containers = await open(lab)
    const id = lab.id()
    const { dir } = lab.bundle(['/no/such/program'], inScope())
    await expect(containers.create(id, { bundle: dir, stdio: 'null' })).rejects.toMatchObject({ code: 'ERR_TEU_PROCESS_START' })
    await expect(containers.run(id, { bundle: dir, stdio: 'null' })).rejects.toMatchObject({ code: 'ERR_TEU_PROCESS_START' })
    expect(unit(`teu-${id}.scope`)['LoadState']).toBe('not-found')
    expect([readdirSync(lab.root), findLeaks(lab.mark)]).toEqual([[], []])
  })

  it('leaves a unit alone that somebody else has under the name', async (lab) => {
    const id = lab.id()
    const other = await Containers.open({ root: lab.path('other'), cgroupManager: 'systemd' })
    const { dir } = lab.bundle(FOREVER, inScope())
    const first = await other.create(id, { bundle: dir, stdio: 'null' })
    const second = (await open(lab)).create(id, { bundle: dir, stdio: 'null' })
    await expect(second).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP', message: expect.stringContaining('runs already') as string })
    expect(readdirSync(lab.root)).toEqual([])
    expect(await first.status()).toBe('created')
    await first.destroy({ force: true })
  })

  it('ends a run, and its unit, by a signal', async (lab) => {
    const containers = await open(lab)
    const id = lab.id()
    const abort = new AbortController()
    const reason = new Error('enough')
    const run = containers.run(id, {
      bundle: lab.bundle(FOREVER, inScope()).dir,
      stdio: 'null',
      signal: abort.signal,
      onStarted: () => abort.abort(reason),
    })
    await expect(run).rejects.toBe(reason)
    await unitIsGone(`teu-${id}.scope`)
    expect(readdirSync(lab.root)).toEqual([])
  })
})

describeIf('teu-oci --systemd-cgroup', requirements, () => {
  const create = (lab: Lab, args: readonly string[], change = inScope()): Promise<Box> => lab.create(args, change, SYSTEMD)

  it('creates, starts, updates and deletes, each by a process of its own', async (lab) => {
    const { id } = await create(lab, FOREVER, withLimit(20))
    const scope = `teu-${id}.scope`
    const state = (await lab.state(id)) as { pid?: number; 'systemd-scope'?: string }
    expect(state['systemd-scope']).toBe(scope)
    expect(processesOf(scope)).toEqual([String(state.pid)])
    await lab.ok('start', id)
    await lab.ok('update', '--pids-limit', '30', id)
    expect([unit(scope)['TasksMax'], pidsMax(scope)]).toEqual(['30', '30'])
    expect((await lab.runtime(['exec', id, '/bin/cat', '/proc/self/cgroup'])).stdout).toContain(scope)
    await lab.ok('kill', id, 'KILL')
    await lab.until(id, 'stopped')
    await lab.ok('delete', id)
    await unitIsGone(scope)
  })

  it('deletes what has ended by itself, and what still runs', async (lab) => {
    const ended = await create(lab, ['/bin/true'])
    await lab.ok('start', ended.id)
    await lab.until(ended.id, 'stopped')
    await lab.ok('delete', ended.id)
    const running = await create(lab, FOREVER)
    await lab.ok('start', running.id)
    await lab.ok('delete', '--force', running.id)
    for (const { id } of [ended, running]) await unitIsGone(`teu-${id}.scope`)
  })

  it('puts the unit where the config says', async (lab) => {
    const change = inScope((config) => (config.linux.cgroupsPath = `teutest-x.slice:cri:${lab.mark}`))
    const { id } = await create(lab, FOREVER, change)
    expect(unit(`cri-${lab.mark}.scope`)).toMatchObject({ ActiveState: 'active', Slice: 'teutest-x.slice' })
    await lab.ok('delete', '--force', id)
  })

  it('runs in the foreground, and leaves no unit', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', 'cat /proc/self/cgroup; exit 7'], inScope(), SYSTEMD)
    expect(result).toMatchObject({ status: 7, stdout: expect.stringMatching(/teu-.*\.scope/) as string })
    expect(findLeaks(lab.mark)).toEqual([])
  })

  it('leaves neither process nor unit when it is killed during a run', async (lab) => {
    const id = lab.id()
    const { dir } = lab.bundle(['/bin/sh', '-c', 'echo up; exec sleep 1000'], inScope(), id)
    const child = lab.spawn(lab.line('--systemd-cgroup', 'run', '--bundle', dir, id))
    await child.stdout.waitFor((line) => line === 'up')
    child.process.kill('SIGKILL')
    await unitIsGone(`teu-${id}.scope`)
    await lab.ok('delete', '--force', id)
  })
})

describeIf('without systemd', [needsRoot], () => {
  it('refuses before anything has changed', async (lab) => {
    const before = process.env['DBUS_SYSTEM_BUS_ADDRESS']
    process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${lab.path('nobody')}`
    try {
      const containers = await Containers.open({ root: lab.root, cgroupManager: 'systemd' })
      const options = { bundle: lab.bundle(FOREVER, inScope()).dir, stdio: 'null' } as const
      const refused = { code: 'ERR_TEU_UNSUPPORTED', remedy: expect.stringContaining('cgroupfs') as string }
      await expect(containers.create(lab.id(), options)).rejects.toMatchObject(refused)
      await expect(containers.run(lab.id(), options)).rejects.toMatchObject(refused)
      expect(readdirSync(lab.root)).toEqual([])
    } finally {
      if (before === undefined) delete process.env['DBUS_SYSTEM_BUS_ADDRESS']
      else process.env['DBUS_SYSTEM_BUS_ADDRESS'] = before
    }
  })
})
