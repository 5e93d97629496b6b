import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cgroupDir, cgroupLayout, controllers, readCgroup } from '../harness/cgroups.ts'
import type { Box, Lab } from '../harness/lab.ts'
import type { Requirement } from '../harness/requirements.ts'
import { eventually } from '../harness/wait.ts'
import { group } from './conforms.ts'

const MIB = 1024 * 1024

const HUGE_PAGES = '/sys/kernel/mm/hugepages/hugepages-2048kB'

/** Whole disks of this machine. */
function blockDevices(): { major: number; minor: number }[] {
  return readdirSync('/sys/block').map((name) => {
    const [major = 0, minor = 0] = readFileSync(`/sys/block/${name}/dev`, 'utf8').trim().split(':').map(Number)
    return { major, minor }
  })
}

const needsController = (name: string): Requirement => (controllers().includes(name) ? undefined : `needs the ${name} controller`)

/** cgroup v2 weight of a v1 number of CPU shares: the straight line of older runtimes, and the curve through 100 for 1024 of newer ones. */
const weightsOfShares = (shares: number): string[] => {
  const log = Math.log2(shares)
  return [1 + Math.floor(((shares - 2) * 9999) / 262_142), Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))].map(String)
}

const memoryLimit = (box: Box): string => readCgroup('memory', box.cgroupsPath, { v1: 'memory.limit_in_bytes', v2: 'memory.max' })
const pidsLimit = (box: Box): string => readCgroup('pids', box.cgroupsPath, { v1: 'pids.max', v2: 'pids.max' })
const quota = (box: Box): string =>
  cgroupLayout === 'v2'
    ? readCgroup('cpu', box.cgroupsPath, { v1: '', v2: 'cpu.max' })
    : `${readCgroup('cpu', box.cgroupsPath, { v1: 'cpu.cfs_quota_us', v2: '' })} ${readCgroup('cpu', box.cgroupsPath, { v1: 'cpu.cfs_period_us', v2: '' })}`
const shares = (box: Box): string => readCgroup('cpu', box.cgroupsPath, { v1: 'cpu.shares', v2: 'cpu.weight' })
const sharesOf = (count: number): string => expect.toBeOneOf(cgroupLayout === 'v2' ? weightsOfShares(count) : [String(count)]) as string

group('cgroup', (conforms) => {
  conforms('is the one of the config, in every hierarchy, with all processes in it', async (lab) => {
    const box = await lab.start()
    const { pid } = await lab.state(box.id)
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
    const own = lines.filter((line) => line.endsWith(box.cgroupsPath))
    expect(own.length).toBeGreaterThan(0)
    if (cgroupLayout === 'v2') expect(own).toHaveLength(1)
    else for (const name of ['memory', 'pids', 'cpu', 'devices', 'freezer']) expect(own.join('\n')).toContain(`:${name}:`)
    const joined = (await lab.runtime(['exec', box.id, '/bin/cat', '/proc/self/cgroup'])).stdout.trim().split('\n')
    expect(joined.length).toBe(lines.length)
  })

  conforms('has the memory limits of the config', async (lab) => {
    const box = await lab.create(undefined, (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 64 * MIB, reservation: 32 * MIB } }
    })
    expect(memoryLimit(box)).toBe(String(64 * MIB))
    expect(readCgroup('memory', box.cgroupsPath, { v1: 'memory.soft_limit_in_bytes', v2: 'memory.low' })).toBe(String(32 * MIB))
  })

  conforms('has the CPU limits of the config', async (lab) => {
    const box = await lab.create(undefined, (config) => {
      config.linux.resources = { ...config.linux.resources, cpu: { shares: 512, quota: 50_000, period: 100_000 } }
    })
    expect(quota(box)).toBe('50000 100000')
    expect(shares(box)).toEqual(sharesOf(512))
  })

  conforms(
    'has the CPUs of the config',
    async (lab) => {
      const [sched] = await lab.probe([['sched']], (config) => {
        config.linux.resources = { ...config.linux.resources, cpu: { cpus: '0', mems: '0' } }
      })
      expect(sched).toMatchObject({ cpus: [0] })
    },
    { requires: needsController('cpuset') },
  )

  conforms('has the process limit of the config, and fork fails beyond it', async (lab) => {
    const [fork] = await lab.probe([['fork', '20']], (config) => {
      config.linux.resources = { ...config.linux.resources, pids: { limit: 8 } }
    })
    expect(fork).toEqual({ made: 7, error: 'EAGAIN' })
  })

  const [device] = blockDevices()
  conforms(
    'has the rates of block devices of the config',
    async (lab) => {
      const { major = 0, minor = 0 } = device ?? {}
      const box = await lab.create(undefined, (config) => {
        config.linux.resources = {
          ...config.linux.resources,
          blockIO: { throttleReadBpsDevice: [{ major, minor, rate: MIB }], throttleWriteIOPSDevice: [{ major, minor, rate: 100 }] },
        }
      })
      const number = `${major}:${minor}`
      const read = (v1: string): string => readCgroup('blkio', box.cgroupsPath, { v1: `blkio.throttle.${v1}`, v2: 'io.max' })
      if (cgroupLayout === 'v2') expect(read('')).toBe(`${number} rbps=${MIB} wbps=max riops=max wiops=100`)
      else expect([read('read_bps_device'), read('write_iops_device')]).toEqual([`${number} ${MIB}`, `${number} 100`])
    },
    { requires: needsController(cgroupLayout === 'v2' ? 'io' : 'blkio') ?? (device === undefined ? 'needs a block device' : undefined) },
  )

  conforms(
    'has the limits of huge pages of the config',
    async (lab) => {
      const box = await lab.create(undefined, (config) => {
        config.linux.resources = { ...config.linux.resources, hugepageLimits: [{ pageSize: '2MB', limit: 4 * MIB }] }
      })
      const limit = readCgroup('hugetlb', box.cgroupsPath, { v1: 'hugetlb.2MB.limit_in_bytes', v2: 'hugetlb.2MB.max' })
      expect(limit).toBe(String(4 * MIB))
    },
    { requires: needsController('hugetlb') ?? (existsSync(HUGE_PAGES) ? undefined : 'needs huge pages of 2 MB') },
  )

  conforms(
    'has what the config says by the names of cgroup v2 files, last of all',
    async (lab) => {
      const box = await lab.create(undefined, (config) => {
        const unified = { 'memory.high': String(48 * MIB), 'memory.max': String(96 * MIB), 'memory.oom.group': '1' }
        config.linux.resources = { ...config.linux.resources, memory: { limit: 64 * MIB }, unified }
      })
      const read = (v2: string): string => readCgroup('memory', box.cgroupsPath, { v1: '', v2 })
      expect(['memory.high', 'memory.max', 'memory.oom.group'].map(read)).toEqual([String(48 * MIB), String(96 * MIB), '1'])
    },
    { requires: cgroupLayout === 'v2' ? undefined : 'needs cgroup v2 alone' },
  )

  conforms('is removed with everything that the container made below it', async (lab) => {
    const box = await lab.start(
      ['/bin/sh', '-c', 'd=/sys/fs/cgroup; test -d $d/pids && d=$d/pids; mkdir -p $d/inner/deeper && echo made; exec sleep 1000'],
      (config) => {
        const caps = ['CAP_SYS_ADMIN', 'CAP_DAC_OVERRIDE']
        config.process.capabilities = { bounding: caps, effective: caps, permitted: caps }
        config.linux.namespaces?.push({ type: 'cgroup' })
        config.mounts = config.mounts.map((mount) =>
          mount.type === 'cgroup' ? { ...mount, options: ['nosuid', 'noexec', 'nodev', 'rw'] } : mount,
        )
      },
    )
    expect(await lab.output(box, 1)).toBe('made\n')
    const inner = join(cgroupDir('pids', box.cgroupsPath), 'inner/deeper')
    expect(existsSync(inner)).toBe(true)
    await lab.ok('delete', '--force', box.id)
    expect(existsSync(cgroupDir('pids', box.cgroupsPath))).toBe(false)
  })

  conforms('a program that takes too much memory is killed, and the status says 137', async (lab) => {
    const result = await lab.run(['/probe', 'memory', String(256 * MIB)], (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 32 * MIB, swap: 32 * MIB } }
    })
    expect(result.status).toBe(137)
  })

  conforms('the rest of a container goes on when one of its programs took too much memory', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', `/probe memory ${256 * MIB}; echo status $?`], (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 32 * MIB, swap: 32 * MIB } }
    })
    expect(result).toMatchObject({ status: 0, stdout: 'status 137\n' })
  })

  conforms('a limit that is no number is refused', async (lab) => {
    const result = await lab.run(['/bin/true'], (config) => {
      config.linux.resources = { memory: { limit: '12' } } as never
    })
    expect(result.status).toBe(1)
  })
})

group('update', (conforms) => {
  const limited = (lab: Lab): Promise<Box> =>
    lab.start(undefined, (config) => {
      config.linux.resources = {
        ...config.linux.resources,
        memory: { limit: 64 * MIB },
        cpu: { shares: 512, quota: 50_000, period: 100_000 },
        pids: { limit: 20 },
      }
    })

  conforms('takes sizes with suffixes', async (lab) => {
    const box = await limited(lab)
    await lab.ok('update', '--memory', '128M', box.id)
    expect(memoryLimit(box)).toBe(String(128 * MIB))
    await lab.ok('update', '--memory', '0.125g', '--memory-reservation', '65536k', box.id)
    expect(memoryLimit(box)).toBe(String(128 * MIB))
  })

  conforms('changes limits by flags', async (lab) => {
    const box = await limited(lab)
    await lab.ok('update', '--memory', String(128 * MIB), '--pids-limit', '30', '--cpu-share', '256', box.id)
    expect([memoryLimit(box), pidsLimit(box), shares(box)]).toEqual([String(128 * MIB), '30', sharesOf(256)])
    await lab.ok('update', '--cpu-period', '50000', '--cpu-quota', '25000', box.id)
    expect(quota(box)).toBe('25000 50000')
  })

  conforms('changes limits by a resources document', async (lab) => {
    const box = await limited(lab)
    const document = JSON.stringify({ memory: { limit: 96 * MIB }, cpu: { quota: 20_000, period: 100_000 }, pids: { limit: 12 } })
    expect((await lab.runtime(['update', '--resources', '-', box.id], { input: document })).status).toBe(0)
    expect([memoryLimit(box), pidsLimit(box), quota(box)]).toEqual([String(96 * MIB), '12', '20000 100000'])
  })

  conforms('keeps the limits that are not named', async (lab) => {
    const box = await limited(lab)
    await lab.ok('update', '--memory', String(128 * MIB), box.id)
    expect([pidsLimit(box), quota(box), shares(box)]).toEqual(['20', '50000 100000', sharesOf(512)])
  })

  conforms('keeps the stored period when only the quota is named', async (lab) => {
    const box = await limited(lab)
    await lab.ok('update', '--cpu-period', '200000', '--cpu-quota', '50000', box.id)
    await lab.ok('update', '--cpu-quota', '60000', box.id)
    expect(quota(box)).toBe('60000 200000')
  })

  conforms('lifts a limit with -1', async (lab) => {
    const box = await limited(lab)
    await lab.ok('update', '--cpu-quota', '-1', '--pids-limit', '-1', box.id)
    expect(quota(box)).toMatch(/^(-1|max) 100000$/)
    expect(pidsLimit(box)).toBe('max')
  })

  conforms('refuses a stopped container and nonsense', async (lab) => {
    const box = await limited(lab)
    expect((await lab.runtime(['update', '--memory', 'much', box.id])).status).toBe(1)
    expect((await lab.runtime(['update', '--resources', '-', box.id], { input: 'not json' })).status).toBe(1)
    expect(memoryLimit(box)).toBe(String(64 * MIB))
  })
})

interface StatsEvent {
  type: string
  id: string
  data: {
    cpu: { usage: { total?: number } }
    memory: { usage: { limit: number; usage?: number } }
    pids: { current?: number; limit?: number }
  }
}

group('events', (conforms) => {
  conforms('--stats prints one line of statistics', async (lab) => {
    const box = await lab.start(undefined, (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 64 * MIB }, pids: { limit: 20 } }
    })
    const output = await lab.ok('events', '--stats', box.id)
    expect(output.trimEnd().split('\n')).toHaveLength(1)
    const event = JSON.parse(output) as StatsEvent
    expect(event).toMatchObject({
      type: 'stats',
      id: box.id,
      data: { pids: { current: 1, limit: 20 }, memory: { usage: { limit: 64 * MIB } } },
    })
    expect(event.data.cpu.usage.total).toBeGreaterThan(0)
  })

  conforms('reports when the kernel killed for lack of memory, and ends with the container', async (lab) => {
    const box = await lab.create(['/bin/sh', '-c', `sleep 0.3; /probe memory ${256 * MIB}; exec sleep 1000`], (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 32 * MIB, swap: 32 * MIB } }
    })
    const events = lab.spawn(lab.line('events', '--interval', '1h', box.id))
    await lab.ok('start', box.id)
    const line = await events.stdout.waitFor((text) => text.includes('"oom"'))
    expect(JSON.parse(line)).toMatchObject({ type: 'oom', id: box.id })
    await lab.ok('delete', '--force', box.id)
    expect((await events.ended).code).toBe(0)
  })

  conforms('prints statistics at the interval', async (lab) => {
    const box = await lab.start()
    const events = lab.spawn(lab.line('events', '--interval', '20ms', box.id))
    await eventually('three events', () => (events.stdout.seen.length >= 3 ? true : undefined))
    expect(events.stdout.seen.slice(0, 3).map((line) => (JSON.parse(line) as StatsEvent).type)).toEqual(['stats', 'stats', 'stats'])
  })

  conforms('refuses a stopped container and an interval of nothing', async (lab) => {
    const box = await lab.start(['/bin/true'])
    await lab.until(box.id, 'stopped')
    expect((await lab.runtime(['events', '--stats', box.id])).status).toBe(1)
    expect((await lab.runtime(['events', '--interval', '0s', box.id])).status).toBe(1)
  })
})
