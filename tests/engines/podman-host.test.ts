/** podman where the host has more to offer: AppArmor, and systemd as manager of the cgroups. */

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { needsAppArmor, withProfile } from '../harness/apparmor.ts'
import { type EngineTest, engineTests } from '../harness/engine-tests.ts'
import { needsSystemd } from '../harness/requirements.ts'
import { withPodman } from './podman.ts'

const confined = (test: EngineTest): void =>
  withPodman(test)('confines by its default profile, by one that is named, or not at all', (podman, lab) =>
    withProfile(lab, [], async (profile) => {
      const label = async (...flags: readonly string[]): Promise<string> => {
        const result = await podman.run(['--rm', ...flags], '/bin/cat', '/proc/self/attr/current')
        expect(result).toMatchObject({ status: 0, stderr: '' })
        return result.stdout.trim()
      }
      expect(await label()).toMatch(/^containers-default-\S+ \(enforce\)$/)
      expect(await label('--security-opt', `apparmor=${profile}`)).toBe(`${profile} (enforce)`)
      expect(await label('--security-opt', 'apparmor=unconfined')).toBe('unconfined')
    }),
  )

engineTests('podman with AppArmor', ['podman', 'conmon'], confined, { requires: needsAppArmor })

const inScopes = (test: EngineTest): void => {
  const podman = withPodman(test, { cgroupManager: 'systemd' })

  podman('a container is a scope of its own, with its limits', async (engine) => {
    const name = await engine.start(['--memory', '64m', '--pids-limit', '20'], '/bin/sleep', '1000')
    const [id, pid] = [await engine.inspect(name, '.Id'), await engine.inspect(name, '.State.Pid')]
    const cgroup = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split(':').at(-1) ?? ''
    expect(cgroup).toContain(`machine.slice/libpod-${id}.scope`)
    const limit = (file: string): string => readFileSync(`/sys/fs/cgroup/${cgroup}/${file}`, 'utf8').trim()
    expect([limit('memory.max'), limit('pids.max')]).toEqual([String(64 * 1024 * 1024), '20'])
    expect(await engine.do('exec', name, '/bin/cat', '/proc/self/cgroup')).toEqual({ status: 0, stdout: '0::/\n', stderr: '' })
    expect((await engine.do('update', '--memory', '96m', name)).status).toBe(0)
    expect(limit('memory.max')).toBe(String(96 * 1024 * 1024))
    expect((await engine.do('stop', '--time', '0', name)).status).toBe(0)
    expect(await engine.inspect(name, '.State.ExitCode')).toBe('137')
  })

  podman('run --rm in the foreground, and a restart', async (engine) => {
    expect(await engine.run(['--rm'], '/bin/sh', '-c', 'echo out; exit 5')).toMatchObject({ status: 5, stdout: 'out\n' })
    const name = await engine.start([], '/bin/sleep', '1000')
    expect((await engine.do('restart', '--time', '0', name)).status).toBe(0)
    expect(await engine.inspect(name, '.State.Status')).toBe('running')
  })
}

engineTests('podman with systemd', ['podman', 'conmon'], inScopes, { requires: needsSystemd })
