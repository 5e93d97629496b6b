import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { group } from './conforms.ts'

interface Mount {
  root: string
  target: string
  options: string
  propagation: string[]
  type: string
  source: string
  superOptions: string
}

interface Stat {
  path: string
  error?: string
  type: string
  mode: number
  uid: number
  gid: number
  size: number
  major?: number
  minor?: number
  target?: string
}

interface Opened {
  path: string
  read: string
  write: string
  create: string
}

const at = (mounts: readonly Mount[], target: string): Mount => {
  const found = mounts.findLast((mount) => mount.target === target)
  if (found === undefined) throw new Error(`nothing is mounted on ${target}`)
  return found
}

group('mounts', (conforms) => {
  conforms('are those of the config with their options, in order', async (lab) => {
    const mounts = await lab.fact<Mount[]>(['mounts'])
    expect(at(mounts, '/proc')).toMatchObject({ type: 'proc' })
    const dev = at(mounts, '/dev')
    expect(dev.type).toBe('tmpfs')
    expect(dev.options).toContain('nosuid')
    expect(dev.superOptions).toMatch(/size=65536k/)
    expect(dev.superOptions).toMatch(/mode=755/)
    expect(at(mounts, '/dev/pts')).toMatchObject({ type: 'devpts' })
    expect(at(mounts, '/dev/pts').superOptions).toMatch(/gid=5.*ptmxmode=666/)
    expect(at(mounts, '/dev/shm').options.split(',')).toEqual(expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noexec']))
    expect(at(mounts, '/dev/mqueue').type).toBe('mqueue')
    expect(at(mounts, '/sys').options.split(',')).toEqual(expect.arrayContaining(['ro', 'nosuid', 'nodev', 'noexec']))
  })

  conforms('contain nothing of the host', async (lab) => {
    const mounts = await lab.fact<Mount[]>(['mounts'])
    const roots = mounts.filter((mount) => mount.target === '/')
    expect(roots).toHaveLength(1)
    expect(roots[0]?.root).toMatch(/rootfs$/)
    expect(mounts.filter((mount) => mount.target.includes('pivot') || mount.target.includes('(deleted)'))).toEqual([])
  })

  conforms('the root is read-only when the config says so', async (lab) => {
    expect(await lab.fact(['mkdir', '/new'])).toEqual(['EROFS'])
    const writable = await lab.fact(['mkdir', '/new'], (config) => {
      config.root.readonly = false
    })
    expect(writable).toEqual(['ok'])
  })

  conforms('bind a directory and a file, creating their places', async (lab) => {
    const source = lab.path('source')
    mkdirSync(source)
    writeFileSync(join(source, 'file'), 'content')
    const [read, mounts] = await lab.probe([['read', '/data/file', '/etc/one'], ['mounts']], (config) => {
      config.mounts.push({ destination: '/data', type: 'bind', source, options: ['rbind', 'ro'] })
      config.mounts.push({ destination: '/etc/one', type: 'bind', source: join(source, 'file'), options: ['bind'] })
    })
    expect(read).toMatchObject([{ content: 'content' }, { content: 'content' }])
    expect(at(mounts as Mount[], '/data').options).toMatch(/^ro/)
    expect(at(mounts as Mount[], '/etc/one').options).toMatch(/^rw/)
  })

  conforms('a bind without a type is one by its option', async (lab) => {
    writeFileSync(lab.path('file'), 'plain')
    const [read] = await lab.probe([['read', '/etc/one']], (config) => {
      config.mounts.push({ destination: '/etc/one', source: lab.path('file'), options: ['bind'] })
    })
    expect(read).toMatchObject([{ content: 'plain' }])
  })

  conforms('a read-only bind of a writable directory refuses writing, and the host keeps its own', async (lab) => {
    mkdirSync(lab.path('source'))
    const [made] = await lab.probe([['mkdir', '/data/new']], (config) => {
      config.mounts.push({ destination: '/data', type: 'bind', source: lab.path('source'), options: ['rbind', 'ro'] })
    })
    expect(made).toEqual(['EROFS'])
    mkdirSync(lab.path('source/by-host'))
  })

  conforms('a writable bind passes changes to the host', async (lab) => {
    mkdirSync(lab.path('source'))
    await lab.probe([['mkdir', '/data/new']], (config) => {
      config.mounts.push({ destination: '/data', type: 'bind', source: lab.path('source'), options: ['rbind', 'rw'] })
    })
    expect(existsSync(lab.path('source/new'))).toBe(true)
  })

  conforms('take the options of the kernel', async (lab) => {
    const mounts = await lab.fact<Mount[]>(['mounts'], (config) => {
      const options = ['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'size=1m', 'mode=0700', 'uid=7', 'gid=8']
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options })
    })
    const mount = at(mounts, '/tmp')
    expect(mount.options.split(',')).toEqual(expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime']))
    expect(mount.superOptions.split(',')).toEqual(expect.arrayContaining(['size=1024k', 'mode=700', 'uid=7', 'gid=8']))
  })

  conforms('refuse an option that the file system does not know', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['no-such-option=1'] })
    })
    expect(result.status).toBe(1)
  })

  conforms('have the propagation that the config asks for', async (lab) => {
    const mounts = await lab.fact<Mount[]>(['mounts'], (config) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['shared'] })
      config.mounts.push({ destination: '/var', type: 'tmpfs', source: 'tmpfs', options: ['private'] })
      config.mounts.push({ destination: '/home', type: 'tmpfs', source: 'tmpfs', options: ['unbindable'] })
    })
    expect(at(mounts, '/tmp').propagation.join()).toMatch(/shared:\d+/)
    expect(at(mounts, '/var').propagation).toEqual([])
    expect(at(mounts, '/home').propagation.join()).toContain('unbindable')
  })

  conforms('never reach the host, whatever is mounted inside', async (lab) => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    const result = await lab.run(['/bin/sh', '-c', 'mount -t tmpfs none /tmp && mount -t tmpfs none /var && echo mounted'], (config) => {
      const caps = ['CAP_SYS_ADMIN']
      config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
    })
    expect(result.stdout).toBe('mounted\n')
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
  })

  conforms('set attributes of the whole tree with the recursive options', async (lab) => {
    const mounts = await lab.fact<Mount[]>(['mounts'], (config) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] })
      config.mounts.push({ destination: '/data', type: 'bind', source: '/dev', options: ['rbind', 'rro', 'rnosuid'] })
    })
    const below = mounts.filter((mount) => mount.target.startsWith('/data'))
    expect(below.length).toBeGreaterThan(1)
    expect(below.filter((mount) => !mount.options.startsWith('ro,') || !mount.options.includes('nosuid'))).toEqual([])
  })

  conforms('keep what an image has in a tmpfs with tmpcopyup', async (lab) => {
    const [read, mounts] = await lab.probe([['read', '/etc/passwd'], ['mounts'], ['mkdir', '/etc/new']], (config) => {
      config.mounts.push({ destination: '/etc', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] })
    })
    expect((read as { content: string }[])[0]?.content).toContain('root:x:0:0')
    expect(at(mounts as Mount[], '/etc').type).toBe('tmpfs')
  })

  conforms('show the cgroup of the container read-only', async (lab) => {
    const [mounts, made] = await lab.probe([['mounts'], ['mkdir', '/sys/fs/cgroup/new', '/sys/fs/cgroup/memory/new']])
    const cgroups = (mounts as Mount[]).filter((mount) => mount.target.startsWith('/sys/fs/cgroup'))
    expect(cgroups.length).toBeGreaterThan(0)
    expect((made as string[]).filter((answer) => answer === 'ok')).toEqual([])
  })

  conforms('that cannot be done are refused and leave nothing', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.mounts.push({ destination: '/data', type: 'bind', source: '/no/such/source', options: ['bind'] })
    })
    expect(result.status).toBe(1)
  })
})

group('paths of the root file system', (conforms) => {
  conforms('links in an image are resolved inside of it', async (lab) => {
    const mounts = await lab.fact<Mount[]>(['mounts'], (config, bundle) => {
      symlinkSync('../../../../../../../..', join(bundle.rootfs, 'up'))
      symlinkSync('/var', join(bundle.rootfs, 'absolute'))
      config.root.readonly = false
      config.mounts.push({ destination: '/up/b', type: 'tmpfs', source: 'tmpfs', options: [] })
      config.mounts.push({ destination: '/absolute/c', type: 'tmpfs', source: 'tmpfs', options: [] })
    })
    expect(mounts.map((mount) => mount.target)).toEqual(expect.arrayContaining(['/b', '/var/c']))
  })

  conforms('links to places that only the host has do not lead there', async (lab) => {
    const outside = lab.path('outside')
    mkdirSync(outside)
    await lab.run(['/bin/true'], (config, bundle) => {
      symlinkSync(outside, join(bundle.rootfs, 'escape'))
      config.root.readonly = false
      config.mounts.push({ destination: '/escape/a', type: 'tmpfs', source: 'tmpfs', options: [] })
    })
    expect(readdirSync(outside)).toEqual([])
  })

  conforms('a link in the place of proc is refused', async (lab) => {
    const outside = lab.path('outside')
    mkdirSync(outside)
    const result = await lab.run(['/bin/true'], (config, bundle) => {
      symlinkSync(outside, join(bundle.rootfs, 'elsewhere'))
      config.mounts = config.mounts.map((mount) => (mount.destination === '/proc' ? { ...mount, destination: '/elsewhere' } : mount))
    })
    expect(result.status).toBe(1)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(outside)
  })
})

group('masked and read-only paths', (conforms) => {
  conforms('hide files and directories', async (lab) => {
    const [stat, list, read] = await lab.probe(
      [
        ['stat', '/proc/kcore', '/proc/timer_list'],
        ['list', '/sys/firmware'],
        ['read', '/proc/keys', '/etc/passwd'],
      ],
      (config) => {
        config.linux.maskedPaths?.push('/etc/passwd', '/no/such/path')
      },
    )
    for (const entry of stat as Stat[]) if (entry.error === undefined) expect(entry).toMatchObject({ type: 'char', major: 1, minor: 3 })
    expect(['ENOENT', []]).toContainEqual(list)
    for (const entry of read as { content?: string }[]) expect(entry.content ?? '').toBe('')
  })

  conforms('keep a hidden directory empty and unwritable', async (lab) => {
    const [list, made] = await lab.probe(
      [
        ['list', '/home'],
        ['mkdir', '/home/new'],
      ],
      (config) => {
        config.linux.maskedPaths?.push('/home')
        config.root.readonly = false
      },
    )
    expect(list).toEqual([])
    expect(made).toEqual(['EROFS'])
  })

  conforms('refuse writing below read-only paths', async (lab) => {
    const [open] = await lab.probe([['open', '/proc/sys/kernel/domainname', '/etc/passwd']], (config) => {
      const caps = ['CAP_SYS_ADMIN', 'CAP_DAC_OVERRIDE']
      config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
      config.linux.readonlyPaths?.push('/etc', '/no/such/path')
      config.root.readonly = false
    })
    for (const entry of open as Opened[]) expect(entry.write, entry.path).toBe('EROFS')
  })
})

group('devices', (conforms) => {
  const DEFAULTS = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
  const NUMBERS: Record<string, [number, number]> = {
    null: [1, 3],
    zero: [1, 5],
    full: [1, 7],
    random: [1, 8],
    urandom: [1, 9],
    tty: [5, 0],
  }

  conforms('the default ones are there, for everybody', async (lab) => {
    const stats = await lab.fact<Stat[]>(['stat', ...DEFAULTS.map((name) => `/dev/${name}`)])
    for (const [n, name] of DEFAULTS.entries()) {
      const [major, minor] = NUMBERS[name] ?? []
      expect(stats[n], name).toMatchObject({ type: 'char', mode: 0o666, major, minor })
    }
  })

  conforms('the usual links are there', async (lab) => {
    const stats = await lab.fact<Stat[]>(['stat', '/dev/fd', '/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/ptmx'])
    const targets = ['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', /^(\/dev\/)?pts\/ptmx$/]
    for (const [n, target] of targets.entries())
      expect(stats[n]).toMatchObject({ type: 'link', target: typeof target === 'string' ? target : expect.stringMatching(target) })
  })

  conforms('nothing else of the host is there', async (lab) => {
    const names = await lab.fact<string[]>(['list', '/dev'])
    const expected = [...DEFAULTS, 'core', 'fd', 'stdin', 'stdout', 'stderr', 'ptmx', 'pts', 'shm', 'mqueue', 'console']
    expect(names.filter((name) => !expected.includes(name))).toEqual([])
  })

  conforms('those of the config are made with mode and owner', async (lab) => {
    const stats = await lab.fact<Stat[]>(['stat', '/dev/extra', '/dev/deep/fifo'], (config) => {
      config.linux.devices = [
        { path: '/dev/extra', type: 'c', major: 1, minor: 5, fileMode: 0o640, uid: 7, gid: 8 },
        { path: '/dev/deep/fifo', type: 'p', fileMode: 0o600, uid: 0, gid: 0 },
      ]
    })
    expect(stats[0]).toMatchObject({ type: 'char', major: 1, minor: 5, mode: 0o640, uid: 7, gid: 8 })
    expect(stats[1]).toMatchObject({ type: 'fifo', mode: 0o600 })
  })

  conforms('that no rule allows cannot be opened', async (lab) => {
    const [open] = await lab.probe([['open', '/dev/kernel-memory', '/dev/null', '/dev/extra-zero']], (config) => {
      const caps = ['CAP_MKNOD', 'CAP_SYS_RAWIO', 'CAP_DAC_OVERRIDE']
      config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
      config.linux.devices = [
        { path: '/dev/kernel-memory', type: 'c', major: 1, minor: 1, fileMode: 0o666 },
        { path: '/dev/extra-zero', type: 'c', major: 1, minor: 5, fileMode: 0o666 },
      ]
    })
    const [memory, nothing, zero] = open as Opened[]
    expect(memory).toMatchObject({ read: 'EPERM', write: 'EPERM' })
    expect(nothing).toMatchObject({ read: 'ok', write: 'ok' })
    expect(zero).toMatchObject({ read: 'ok', write: 'ok' })
  })

  conforms('a rule may allow one of them, for reading only', async (lab) => {
    const [open] = await lab.probe([['open', '/dev/kmsg-copy']], (config) => {
      const caps = ['CAP_SYSLOG', 'CAP_DAC_OVERRIDE']
      config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
      config.linux.devices = [{ path: '/dev/kmsg-copy', type: 'c', major: 1, minor: 11, fileMode: 0o666 }]
      config.linux.resources = {
        devices: [
          { allow: false, access: 'rwm' },
          { allow: true, type: 'c', major: 1, minor: 11, access: 'r' },
        ],
      }
    })
    expect((open as Opened[])[0]).toMatchObject({ read: 'ok', write: 'EPERM' })
  })

  conforms('cannot be made without the capability', async (lab) => {
    const calls = await lab.fact(['call', 'mknod'], (config) => {
      config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] })
    })
    expect(calls).toEqual({ mknod: 'EPERM' })
  })
})
