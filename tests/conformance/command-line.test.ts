import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cgroupLayout } from '../harness/cgroups.ts'
import { runtimeKind, runtimePath } from '../harness/runtime.ts'
import { group } from './conforms.ts'

const COMMANDS = ['create', 'start', 'run', 'exec', 'kill', 'delete', 'state', 'list', 'ps', 'pause', 'resume', 'update', 'spec']

group('command line', (conforms) => {
  conforms('--version names the program, its version and that of the specification', async (lab) => {
    for (const flag of ['--version', '-v']) {
      const result = await lab.command([runtimePath, flag])
      expect(result).toMatchObject({ status: 0, stderr: '' })
      expect(result.stdout.split('\n')[0]).toMatch(new RegExp(`^${runtimeKind} version \\S+$`))
      expect(result.stdout).toMatch(/^commit: \S+$/m)
      expect(result.stdout).toMatch(/^spec: 1\.\d+\.\d+/m)
    }
  })

  conforms('--help goes to stdout with success, for every command', async (lab) => {
    for (const line of [['--help'], ...COMMANDS.map((command) => [command, '--help'])]) {
      const result = await lab.command([runtimePath, ...line])
      expect(result, line.join(' ')).toMatchObject({ status: 0, stderr: '' })
      expect(result.stdout.length, line.join(' ')).toBeGreaterThan(50)
    }
  })

  conforms('an unknown option is refused, with usage on stderr', async (lab) => {
    const result = await lab.runtime(['create', '--no-such-option', lab.id()])
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('no-such-option')
  })

  conforms('an unknown command is refused', async (lab) => {
    expect((await lab.runtime(['no-such-command'])).status).not.toBe(0)
  })

  conforms('a wrong number of arguments is refused', async (lab) => {
    for (const line of [['state'], ['state', 'a', 'b'], ['start'], ['create'], ['kill'], ['list', 'extra'], ['exec'], ['pause']]) {
      const result = await lab.runtime(line)
      expect(result.status, line.join(' ')).not.toBe(0)
      expect(result.stdout.includes('"id"'), line.join(' ')).toBe(false)
    }
  })

  conforms('takes --name=value, --name value and a name with one dash', async (lab) => {
    for (const flags of [['--pid-file=one'], ['--pid-file', 'two'], ['-pid-file', 'three']]) {
      const file = lab.path(flags.join('').replace(/.*=|-+pid-file/, ''))
      const line = flags.map((flag) => flag.replace(/(one|two|three)$/, () => file))
      const box = await lab.create(undefined, undefined, { flags: line })
      expect(readFileSync(file, 'utf8')).toBe(String((await lab.state(box.id)).pid))
    }
  })

  conforms('takes options after the arguments of a command', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(undefined, undefined, id)
    expect((await lab.runtime(['create', id, '--bundle', bundle.dir])).status).toBe(0)
    expect((await lab.runtime(['delete', id, '--force'])).status).toBe(0)
  })

  conforms('--root may be relative, and is made when missing', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(undefined, undefined, id)
    const line = (...rest: string[]): string[] => [runtimePath, '--root', './other-root', ...rest]
    expect((await lab.command(line('create', '--bundle', bundle.dir, id), { cwd: lab.dir })).status).toBe(0)
    expect(existsSync(lab.path(`other-root/${id}`))).toBe(true)
    expect((await lab.command(line('delete', '--force', id), { cwd: lab.dir })).status).toBe(0)
  })

  conforms('containers of one root are unknown to another', async (lab) => {
    const box = await lab.create()
    mkdirSync(lab.path('other'))
    const result = await lab.command([runtimePath, '--root', lab.path('other'), 'state', box.id])
    expect(result.status).toBe(1)
  })

  conforms('accepts what engines put before the command', async (lab) => {
    const log = lab.path('log')
    const globals = ['--log', log, '--log-format', 'json', ...(runtimeKind === 'runc' ? [] : ['--cgroup-manager', 'cgroupfs'])]
    const box = await lab.create(undefined, undefined, { globals, flags: ['--no-pivot=false', '--no-new-keyring'] })
    expect((await lab.state(box.id)).status).toBe('created')
    expect(readFileSync(log, 'utf8')).toBe('')
  })
})

group('spec', (conforms) => {
  interface Written {
    ociVersion: string
    process: {
      terminal: boolean
      args: string[]
      noNewPrivileges: boolean
      capabilities: Record<string, string[]>
      rlimits: unknown[]
      env: string[]
    }
    root: { path: string; readonly: boolean }
    hostname: string
    mounts: { destination: string; type: string; options?: string[] }[]
    linux: {
      namespaces: { type: string }[]
      maskedPaths: string[]
      readonlyPaths: string[]
      resources?: { devices: unknown[] }
      uidMappings?: unknown[]
      gidMappings?: unknown[]
    }
  }
  const read = (dir: string): Written => JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as Written

  conforms('writes the default config', async (lab) => {
    expect(await lab.runtime(['spec'], { cwd: lab.dir })).toMatchObject({ status: 0, stdout: '', stderr: '' })
    const config = read(lab.dir)
    expect(config.ociVersion).toMatch(/^1\.\d+\.\d+/)
    expect(config).toMatchObject({
      process: { terminal: true, args: ['sh'], noNewPrivileges: true, rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }] },
      root: { path: 'rootfs', readonly: true },
    })
    const caps = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']
    for (const set of ['bounding', 'effective', 'permitted'])
      expect([...(config.process.capabilities[set] ?? [])].sort(), set).toEqual(caps)
    expect(config.process.env).toEqual(expect.arrayContaining(['TERM=xterm', expect.stringMatching(/^PATH=/)]))
    expect(config.mounts.map((mount) => mount.destination)).toEqual([
      '/proc',
      '/dev',
      '/dev/pts',
      '/dev/shm',
      '/dev/mqueue',
      '/sys',
      '/sys/fs/cgroup',
    ])
    expect(config.linux.namespaces.map((namespace) => namespace.type).sort()).toEqual(
      ['ipc', 'mount', 'network', 'pid', 'uts', ...(cgroupLayout === 'v2' ? ['cgroup'] : [])].sort(),
    )
    expect(config.linux.maskedPaths).toContain('/proc/kcore')
    expect(config.linux.readonlyPaths).toContain('/proc/sys')
    expect(config.linux.resources?.devices).toMatchObject([{ allow: false, access: 'rwm' }])
  })

  conforms('indents with tabs', async (lab) => {
    await lab.runtime(['spec'], { cwd: lab.dir })
    expect(readFileSync(lab.path('config.json'), 'utf8').split('\n')[1]).toMatch(/^\t"/)
  })

  conforms('refuses to overwrite a config', async (lab) => {
    await lab.runtime(['spec'], { cwd: lab.dir })
    const before = readFileSync(lab.path('config.json'), 'utf8')
    expect((await lab.runtime(['spec'], { cwd: lab.dir })).status).toBe(1)
    expect(readFileSync(lab.path('config.json'), 'utf8')).toBe(before)
  })

  conforms('--bundle names the directory', async (lab) => {
    mkdirSync(lab.path('there'))
    expect((await lab.runtime(['spec', '--bundle', lab.path('there')])).status).toBe(0)
    expect(read(lab.path('there')).root.path).toBe('rootfs')
  })

  conforms('--rootless has a user namespace with the caller as root, and no network namespace', async (lab) => {
    expect((await lab.runtime(['spec', '--rootless'], { cwd: lab.dir })).status).toBe(0)
    const { linux, mounts } = read(lab.dir)
    const types = linux.namespaces.map((namespace) => namespace.type)
    expect(types).toContain('user')
    expect(types).not.toContain('network')
    expect(linux.uidMappings).toMatchObject([{ containerID: 0, size: 1 }])
    expect(mounts.find((mount) => mount.destination === '/sys')).toMatchObject({ options: expect.arrayContaining(['rbind', 'ro']) })
    expect(mounts.find((mount) => mount.destination === '/dev/pts')?.options?.join()).not.toContain('gid=')
  })

  conforms('writes a config that runs', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(undefined, undefined, id)
    rmSync(join(bundle.dir, 'config.json'))
    await lab.runtime(['spec', '--bundle', bundle.dir])
    const config = read(bundle.dir)
    config.process.terminal = false
    config.process.args = ['/bin/echo', 'it runs']
    Object.assign(config.linux, { cgroupsPath: lab.cgroupsPath(id) })
    writeFileSync(join(bundle.dir, 'config.json'), JSON.stringify(config))
    expect(await lab.runtime(['run', '--bundle', bundle.dir, id])).toMatchObject({ status: 0, stdout: 'it runs\n' })
  })
})

group('features', (conforms) => {
  interface Features {
    ociVersionMin: string
    ociVersionMax: string
    hooks: string[]
    mountOptions: string[]
    linux: {
      namespaces: string[]
      capabilities: string[]
      cgroup: Record<string, boolean>
      seccomp: { enabled: boolean; actions: string[]; operators: string[]; archs: string[] }
    }
  }

  conforms('is one JSON document on stdout and nothing else', async (lab) => {
    const result = await lab.command([runtimePath, 'features'])
    expect(result).toMatchObject({ status: 0, stderr: '' })
    const features = JSON.parse(result.stdout) as Features
    expect(features.ociVersionMin).toBe('1.0.0')
    expect(features.ociVersionMax).toMatch(/^1\.\d+\.\d+/)
    expect(features.hooks).toEqual(['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'])
    expect(features.mountOptions).toEqual(expect.arrayContaining(['bind', 'rbind', 'ro', 'nosuid', 'rro', 'private', 'tmpcopyup']))
    expect(features.linux.namespaces).toEqual(expect.arrayContaining(['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts']))
    expect(features.linux.capabilities).toContain('CAP_SYS_ADMIN')
    expect(features.linux.cgroup).toMatchObject({ v1: true, v2: true, systemd: true })
    expect(features.linux.seccomp).toMatchObject({ enabled: true })
    expect(features.linux.seccomp.actions).toEqual(
      expect.arrayContaining(['SCMP_ACT_ALLOW', 'SCMP_ACT_ERRNO', 'SCMP_ACT_KILL', 'SCMP_ACT_NOTIFY']),
    )
    expect(features.linux.seccomp.operators).toHaveLength(7)
    expect(features.linux.seccomp.archs).toContain('SCMP_ARCH_X86_64')
  })
})
