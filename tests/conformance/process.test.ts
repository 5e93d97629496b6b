import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import { group } from './conforms.ts'

interface Ids {
  uid: number[]
  gid: number[]
  groups: number[]
  umask: number
}

group('process', (conforms) => {
  conforms('has the user, groups and umask of the config', async (lab) => {
    const ids = await lab.fact<Ids>(['ids'], (config) => {
      config.process.user = { uid: 1000, gid: 1001, additionalGids: [5, 20], umask: 0o27 }
    })
    expect(ids.uid).toEqual([1000, 1000, 1000, 1000])
    expect(ids.gid).toEqual([1001, 1001, 1001, 1001])
    expect(ids.groups.filter((gid) => gid !== 1001).sort((a, b) => a - b)).toEqual([5, 20])
    expect(ids.umask).toBe(0o27)
  })

  conforms('has a umask of 0022 when the config names none', async (lab) => {
    expect((await lab.fact<Ids>(['ids'])).umask).toBe(0o22)
  })

  conforms('has no groups of the caller', async (lab) => {
    const groups = (await lab.fact<Ids>(['ids'])).groups
    expect(groups.filter((gid) => gid !== 0)).toEqual([])
  })

  conforms('has the environment of the config, HOME from passwd, and nothing of the caller', async (lab) => {
    const change = (config: Config): void => {
      config.process.env = ['PATH=/bin', 'ONE=1', 'EMPTY=', 'EQUAL=a=b', 'TEXT=\u00e4\u4e2d']
    }
    const env = await lab.fact<string[]>(['env'], change, { env: { LEAKED_FROM_CALLER: '1' } })
    const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
    expect(env.sort()).toEqual(['EMPTY=', 'EQUAL=a=b', 'HOME=/root', 'ONE=1', 'PATH=/bin', utf8('TEXT=\u00e4\u4e2d')])
  })

  conforms('keeps a HOME that the config names', async (lab) => {
    const env = await lab.fact<string[]>(['env'], (config) => {
      config.process.env = ['HOME=/elsewhere']
    })
    expect(env.filter((entry) => entry.startsWith('HOME='))).toEqual(['HOME=/elsewhere'])
  })

  conforms('starts in the directory of the config, which is made when it is missing', async (lab) => {
    const self = await lab.fact(['self'], (config) => {
      config.process.cwd = '/new/directory'
      config.root.readonly = false
    })
    expect(self).toMatchObject({ cwd: '/new/directory' })
  })

  conforms('refuses a relative directory', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.process.cwd = 'relative'
    })
    expect(result.status).toBe(1)
  })

  conforms('refuses a directory that is a file', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.process.cwd = '/etc/passwd'
    })
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/not a directory/i)
  })

  conforms('is process 1, leader of its session, and will not outlive its pid namespace', async (lab) => {
    expect(await lab.fact(['self'])).toMatchObject({ pid: 1, ppid: 0, sid: 1, pgid: 1, parentDeathSignal: 0 })
  })

  conforms('is found by the PATH of the config', async (lab) => {
    const result = await lab.run(['echo', 'found'], (config) => {
      config.process.env = ['PATH=/nowhere:/bin']
    })
    expect(result).toMatchObject({ status: 0, stdout: 'found\n' })
  })

  conforms('gets its arguments unchanged, empty ones and spaces too', async (lab) => {
    expect(await lab.fact(['args', '', 'a b', "'quoted'", '$HOME', '*'])).toEqual(['', 'a b', "'quoted'", '$HOME', '*'])
  })

  conforms('has the resource limits of the config', async (lab) => {
    const rlimits = await lab.fact(['rlimits'], (config) => {
      config.process.rlimits = [
        { type: 'RLIMIT_NOFILE', soft: 64, hard: 128 },
        { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
        { type: 'RLIMIT_STACK', soft: 4_194_304, hard: 16_777_216 },
      ]
    })
    expect(rlimits).toMatchObject({ RLIMIT_NOFILE: [64, 128], RLIMIT_CORE: [0, 0], RLIMIT_STACK: [4_194_304, 16_777_216] })
  })

  conforms('refuses an unknown resource limit', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.process.rlimits = [{ type: 'RLIMIT_NOPE', soft: 1, hard: 1 }] as never
    })
    expect(result.status).toBe(1)
  })

  conforms('has the score of the config when memory is short', async (lab) => {
    const sched = await lab.fact(['sched'], (config) => {
      config.process.oomScoreAdj = 321
    })
    expect(sched).toMatchObject({ oomScoreAdj: 321 })
  })

  conforms('is named in /proc by its program and cannot see the runtime', async (lab) => {
    const [self, processes] = await lab.probe([['self'], ['list', '/proc']])
    expect(self).toMatchObject({ name: 'probe' })
    expect((processes as string[]).filter((name) => /^\d+$/.test(name))).toEqual(['1'])
  })

  conforms('runs scripts by their interpreter', async (lab) => {
    const result = await lab.run(['/script', 'one'], (_config, bundle) => {
      writeFileSync(join(bundle.rootfs, 'script'), '#!/bin/sh\necho script $1\n', { mode: 0o755 })
    })
    expect(result).toMatchObject({ status: 0, stdout: 'script one\n' })
  })
})

interface Caps {
  effective: string
  permitted: string
  inheritable: string
  bounding: string
  ambient: string
}

group('capabilities', (conforms) => {
  conforms('are exactly those of the config, in all five sets', async (lab) => {
    const caps = await lab.fact<Caps>(['caps'], (config) => {
      config.process.capabilities = {
        bounding: ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW', 'CAP_SYS_CHROOT'],
        permitted: ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW'],
        inheritable: ['CAP_KILL', 'CAP_NET_RAW'],
        effective: ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW'],
        ambient: ['CAP_NET_RAW'],
      }
    })
    expect(caps).toEqual({ bounding: '42021', permitted: '2021', effective: '2021', inheritable: '2020', ambient: '2000' })
  })

  conforms('of root grow to the bounding set at execve when new privileges are allowed', async (lab) => {
    const caps = await lab.fact<Caps>(['caps'], (config) => {
      config.process.noNewPrivileges = false
      config.process.capabilities = { bounding: ['CAP_CHOWN', 'CAP_SYS_CHROOT'], permitted: ['CAP_CHOWN'], effective: ['CAP_CHOWN'] }
    })
    expect(caps).toMatchObject({ bounding: '40001', permitted: '40001', effective: '40001' })
  })

  conforms('of another user than root are the ambient ones after execve', async (lab) => {
    const caps = await lab.fact<Caps>(['caps'], (config) => {
      const some = ['CAP_NET_RAW', 'CAP_KILL']
      config.process.user = { uid: 1000, gid: 1000 }
      config.process.capabilities = { bounding: some, permitted: some, inheritable: ['CAP_KILL'], effective: some, ambient: ['CAP_KILL'] }
    })
    expect(caps).toEqual({ bounding: '2020', permitted: '20', effective: '20', inheritable: '20', ambient: '20' })
  })

  conforms('are none when the config names none', async (lab) => {
    const caps = await lab.fact<Caps>(['caps'], (config) => {
      config.process.capabilities = {}
    })
    expect(caps).toEqual({ bounding: '0', permitted: '0', effective: '0', inheritable: '0', ambient: '0' })
  })

  conforms('that are missing make the kernel refuse', async (lab) => {
    const calls = await lab.fact(['call', 'chroot', 'sethostname', 'socket-raw', 'kill-0'])
    expect(calls).toEqual({ chroot: 'EPERM', sethostname: 'EPERM', 'socket-raw': 'EPERM', 'kill-0': 'ok' })
  })

  conforms('that are given work', async (lab) => {
    const calls = await lab.fact(['call', 'chroot', 'sethostname'], (config) => {
      const caps = ['CAP_SYS_CHROOT', 'CAP_SYS_ADMIN']
      config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
    })
    expect(calls).toEqual({ chroot: 'ok', sethostname: 'ok' })
  })
})

group('no new privileges', (conforms) => {
  conforms('is on when asked for, else off', async (lab) => {
    expect(await lab.fact(['seccomp'])).toMatchObject({ noNewPrivs: 1 })
    const without = await lab.fact(['seccomp'], (config) => {
      config.process.noNewPrivileges = false
    })
    expect(without).toMatchObject({ noNewPrivs: 0 })
  })
})

group('host name', (conforms) => {
  conforms('is that of the config, and the host keeps its own', async (lab) => {
    const before = (await lab.command(['/bin/hostname'])).stdout
    const host = await lab.fact(['host'], (config) => {
      config.hostname = 'another-name'
    })
    expect(host).toMatchObject({ hostname: 'another-name' })
    expect((await lab.command(['/bin/hostname'])).stdout).toBe(before)
  })

  conforms('and domain name are those of the config', async (lab) => {
    const host = await lab.fact(['host'], (config) => {
      config.domainname = 'example.org'
    })
    expect(host).toMatchObject({ hostname: 'box', domainname: 'example.org' })
  })

  conforms('needs a uts namespace', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.linux.namespaces = (config.linux.namespaces ?? []).filter((namespace) => namespace.type !== 'uts')
    })
    expect(result.status).toBe(1)
  })
})

group('sysctl', (conforms) => {
  conforms('is set inside, in its namespace only', async (lab) => {
    const [read] = await lab.probe([['read', '/proc/sys/net/ipv4/ip_default_ttl', '/proc/sys/kernel/shm_rmid_forced']], (config) => {
      config.linux.sysctl = { 'net.ipv4.ip_default_ttl': '77', 'kernel.shm_rmid_forced': '1' }
    })
    expect(read).toMatchObject([{ content: '77\n' }, { content: '1\n' }])
    const host = await lab.command(['/bin/cat', '/proc/sys/net/ipv4/ip_default_ttl'])
    expect(host.stdout).not.toBe('77\n')
  })

  conforms('that belongs to no namespace of the container is refused', async (lab) => {
    for (const sysctl of [{ 'kernel.pid_max': '4000000' }, { 'vm.swappiness': '1' }]) {
      const result = await lab.run(['/bin/true'], (config) => {
        config.linux.sysctl = sysctl
      })
      expect(result.status, JSON.stringify(sysctl)).toBe(1)
    }
  })
})

group('bundle', (conforms) => {
  conforms('without a config is refused', async (lab) => {
    mkdirSync(lab.path('empty'))
    const result = await lab.runtime(['create', '--bundle', lab.path('empty'), lab.id()])
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('config.json')
  })

  conforms('without its root file system is refused', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.root.path = 'not-there'
    })
    expect(result.status).toBe(1)
  })

  conforms('may name its root file system by an absolute path', async (lab) => {
    const result = await lab.run(['/bin/echo', 'ok'], (config, bundle) => {
      config.root.path = bundle.rootfs
    })
    expect(result).toMatchObject({ status: 0, stdout: 'ok\n' })
  })

  conforms('that does not parse is refused', async (lab) => {
    const bundle = lab.bundle()
    writeFileSync(join(bundle.dir, 'config.json'), '{ "ociVersion": "1.0.2", ')
    expect((await lab.runtime(['create', '--bundle', bundle.dir, lab.id()])).status).toBe(1)
  })

  conforms('with a process without arguments is refused', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.process.args = []
    })
    expect(result.status).toBe(1)
  })

  conforms('may have properties that nobody knows', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      Object.assign(config, { 'x-unknown': { a: [1] } })
      Object.assign(config.linux, { unknownToo: true })
    })
    expect(result.status).toBe(0)
  })
})
