import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Container } from '../picture/container.ts'
import { someContainer } from '../testing/containers.ts'
import { namespaceProcess } from '../testing/made-up-proc.ts'
import { containerKey, type Usage } from './usage.ts'
import { UsageSampler, type UsageSamplerOptions } from './usage-sampler.ts'

const ID = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const MIB = 2 ** 20

let dir = ''
let nowMs = 0
const samplers: UsageSampler[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-usage-'))
  nowMs = 1000
})

afterEach(() => {
  for (const sampler of samplers.splice(0)) sampler[Symbol.dispose]()
  rmSync(dir, { recursive: true })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), text)
}

/** A cgroup's files below a mount. */
function files(path: string, entries: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(entries)) write(join(path, name), text)
}

/** Mounts, as `TYPE ROOT MOUNTPOINT CONTROLLERS`. */
function mounts(...lines: readonly (readonly [type: string, root: string, mountPoint: string, controllers?: string])[]): void {
  const text = lines.map(([type, root, mountPoint, controllers]) => {
    const where = join(dir, mountPoint).replaceAll(' ', '\\040')
    return `31 23 0:28 ${root} ${where} rw,relatime shared:9 - ${type} ${type} rw${controllers === undefined ? '' : `,${controllers}`}\n`
  })
  write('proc/self/mountinfo', `22 1 0:20 / / rw - ext4 /dev/root rw\n${text.join('')}`)
}

const process = (pid: number, ...lines: readonly string[]): void => write(`proc/${pid}/cgroup`, lines.map((line) => `${line}\n`).join(''))

function open(options: UsageSamplerOptions = {}): UsageSampler {
  const sampler = new UsageSampler({ proc: join(dir, 'proc'), clock: () => nowMs, ...options })
  samplers.push(sampler)
  return sampler
}

const container = (pid: number, id: string = ID): Container => someContainer(id, { pid })

/** Of one container. */
async function usageOf(sampler: UsageSampler, one: Container): Promise<Omit<Usage, 'sampledAt'> | undefined> {
  const usage = (await sampler.sample([one])).get(containerKey(one))
  if (usage === undefined) return undefined
  expect(usage.sampledAt).toBeInstanceOf(Date)
  const { sampledAt: _, ...numbers } = usage
  return numbers
}

const V2_FILES = {
  'cpu.stat': 'usage_usec 2000000\nuser_usec 1\nsystem_usec 2\n',
  'memory.current': `${10 * MIB}\n`,
  'memory.stat': `anon 5\nworkingset_inactive_file 9\ninactive_file ${4 * MIB}\nactive_file 7\n`,
  'memory.max': 'max\n',
  'pids.current': '3\n',
}

function v2(path: string, more: Partial<Record<keyof typeof V2_FILES, string>> = {}): void {
  files(`cg${path}`, { ...V2_FILES, ...more })
}

describe('UsageSampler on cgroup v2', () => {
  beforeEach(() => mounts(['cgroup2', '/', 'cg']))

  it.each(['../elsewhere', '7', 7.5, -7, 0, { a: 1 }])('%o is no pid, and no path', async (pid) => {
    v2(`/docker/${ID}`)
    for (const at of ['proc/7', 'elsewhere', 'proc/7.5', 'proc/-7', 'proc/0', 'proc/[object Object]'])
      write(`${at}/cgroup`, `0::/docker/${ID}\n`)
    expect(await usageOf(open(), { ...container(7), pid: pid as number })).toBeUndefined()
    expect(await usageOf(open(), container(7))).toBeDefined()
  })

  it('what is no file is not opened, or not read: a FIFO without a writer, a link, a directory', async () => {
    v2(`/docker/${ID}`)
    mkdirSync(join(dir, 'proc/7'), { recursive: true })
    const path = join(dir, 'proc/7/cgroup')
    execFileSync('mkfifo', [path])
    expect(await usageOf(open(), container(7))).toBeUndefined()
    unlinkSync(path)
    write('true', `0::/docker/${ID}\n`)
    symlinkSync(join(dir, 'true'), path)
    expect(await usageOf(open(), container(7))).toBeUndefined()
    unlinkSync(path)
    mkdirSync(path)
    expect(await usageOf(open(), container(7))).toBeUndefined()
  })

  it('reads the cgroup that is named for the container, not those below it', async () => {
    process(7, `0::/system.slice/docker-${ID}.scope/init.scope`)
    v2(`/system.slice/docker-${ID}.scope`)
    expect(await usageOf(open(), container(7))).toEqual({
      cpuPercent: undefined,
      memoryBytes: 6 * MIB,
      memoryLimitBytes: undefined,
      pids: 3,
    })
  })

  it('tells the processor time between two samples, 100 for one whole processor', async () => {
    process(7, `0::/docker/${ID}`)
    v2(`/docker/${ID}`)
    const sampler = open()
    expect((await usageOf(sampler, container(7)))?.cpuPercent).toBeUndefined()
    nowMs += 2000
    v2(`/docker/${ID}`, { 'cpu.stat': 'usage_usec 5000000\n' })
    expect((await usageOf(sampler, container(7)))?.cpuPercent).toBe(150)
    expect((await usageOf(sampler, container(7)))?.cpuPercent).toBeUndefined()
    nowMs += 1000
    expect((await usageOf(sampler, container(7)))?.cpuPercent).toBe(0)
  })

  it('takes the lowest limit of those above, too', async () => {
    process(7, `0::/pod/deep/libpod-${ID}`)
    v2(`/pod/deep/libpod-${ID}`, { 'memory.max': `${64 * MIB}\n` })
    expect((await usageOf(open(), container(7)))?.memoryLimitBytes).toBe(64 * MIB)
    files('cg/pod', { 'memory.max': `${32 * MIB}\n` })
    files('cg/pod/deep', { 'memory.max': 'max\n' })
    // That of a cgroup which the machine's own view does not have.
    files('cg', { 'memory.max': '1\n' })
    expect((await usageOf(open(), container(7)))?.memoryLimitBytes).toBe(32 * MIB)
  })

  it('leaves out what the machine does not count', async () => {
    process(7, `0::/${ID}`)
    files(`cg/${ID}`, { 'cpu.stat': V2_FILES['cpu.stat'], 'memory.current': 'nonsense\n' })
    expect(await usageOf(open(), container(7))).toEqual({
      cpuPercent: undefined,
      memoryBytes: undefined,
      memoryLimitBytes: undefined,
      pids: undefined,
    })
  })

  it('never tells less than no memory', async () => {
    process(7, `0::/${ID}`)
    v2(`/${ID}`, { 'memory.stat': `inactive_file ${11 * MIB}\n` })
    expect((await usageOf(open(), container(7)))?.memoryBytes).toBe(0)
  })
})

describe('UsageSampler on cgroup v1', () => {
  const v1 = (): void => {
    files(`cpu/docker/${ID}`, { 'cpuacct.usage': '2000000000\n' })
    files(`mem ory/docker/${ID}`, {
      'memory.usage_in_bytes': `${10 * MIB}\n`,
      'memory.stat': `inactive_file 1\nhierarchical_memory_limit 9223372036854771712\ntotal_inactive_file ${MIB}\n`,
    })
    files(`pids/docker/${ID}`, { 'pids.current': '5\n' })
    process(7, '9:name=systemd:/', `4:memory:/docker/${ID}`, `3:pids:/docker/${ID}`, `2:cpu,cpuacct:/docker/${ID}`, '0::/')
  }
  const V1_MOUNTS = [
    ['cgroup', '/', 'cpu', 'cpu,cpuacct'],
    ['cgroup', '/', 'mem ory', 'memory'],
    ['cgroup', '/', 'pids', 'pids'],
  ] as const

  it('reads each controller in its hierarchy', async () => {
    mounts(...V1_MOUNTS)
    v1()
    const sampler = open()
    expect(await usageOf(sampler, container(7))).toEqual({
      cpuPercent: undefined,
      memoryBytes: 9 * MIB,
      memoryLimitBytes: undefined,
      pids: 5,
    })
    nowMs += 1000
    files(`cpu/docker/${ID}`, { 'cpuacct.usage': '2500000000\n' })
    files(`mem ory/docker/${ID}`, { 'memory.stat': `hierarchical_memory_limit ${16 * MIB}\ntotal_inactive_file 0\n` })
    expect(await usageOf(sampler, container(7))).toEqual({
      cpuPercent: 50,
      memoryBytes: 10 * MIB,
      memoryLimitBytes: 16 * MIB,
      pids: 5,
    })
  })

  it('takes from v2 what v1 does not have, in a hybrid layout', async () => {
    mounts(['cgroup', '/', 'mem ory', 'memory'], ['cgroup2', '/', 'unified'])
    v1()
    process(7, `4:memory:/docker/${ID}`, `0::/docker/${ID}`)
    files(`unified/docker/${ID}`, { 'cpu.stat': 'usage_usec 1\n', 'memory.current': '1\n' })
    expect(await usageOf(open(), container(7))).toMatchObject({ memoryBytes: 9 * MIB, pids: undefined })
  })
})

describe('UsageSampler', () => {
  beforeEach(() => mounts(['cgroup2', '/', 'cg']))

  it.each([
    ['another container', `0::/docker/${OTHER}`],
    ['the machine', '0::/user.slice/session-1.scope'],
    ['somebody with a longer name', `0::/docker/${ID}x`],
    ['a cgroup without a name', '0::/'],
    ['nothing that can be read', 'nonsense'],
  ])('shows nothing when the process of that number belongs to %s', async (_, line) => {
    process(7, line)
    v2('')
    v2(line.slice(3))
    expect(await usageOf(open(), container(7))).toBeUndefined()
  })

  it('does not take short ids for parts of names', async () => {
    process(7, '0::/user-1000.slice')
    v2('/user-1000.slice')
    expect(await usageOf(open(), container(7, '1000'))).toBeUndefined()
    expect(await usageOf(open(), container(7, ''))).toBeUndefined()
    process(8, '0::/teu/1000')
    v2('/teu/1000')
    expect((await usageOf(open(), container(8, '1000')))?.pids).toBe(3)
  })

  it.each([
    [ID, `/docker/${ID}`],
    [ID, `/system.slice/docker-${ID}.scope`],
    [ID, `/machine.slice/libpod-${ID}.scope/container`],
    [ID, `/libpod_parent/libpod-${ID}`],
    [ID, `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-${ID}.scope`],
    [ID, `/system.slice:docker:${ID}`],
    ['web', '/default/web'],
    ['shop/web', '/shop/web'],
    [`k8s.io/${ID}`, `/kubepods/pod1/${ID}`],
  ])('knows that of %s: %s', async (id, path) => {
    process(7, `0::${path}`)
    v2(path.replace(/\/container$/, ''))
    expect((await usageOf(open(), container(7, id)))?.pids).toBe(3)
  })

  it('shows nothing for a process that is not there', async () => {
    expect(await usageOf(open(), container(7))).toBeUndefined()
  })

  it('begins anew when the container has another process', async () => {
    process(7, `0::/docker/${ID}`)
    v2(`/docker/${ID}`)
    const sampler = open()
    await usageOf(sampler, container(7))
    nowMs += 1000
    process(8, `0::/elsewhere/${ID}`)
    v2(`/elsewhere/${ID}`, { 'pids.current': '9\n' })
    expect(await usageOf(sampler, container(8))).toMatchObject({ cpuPercent: undefined, pids: 9 })
    nowMs += 1000
    expect(await usageOf(sampler, container(9))).toBeUndefined()
  })

  it('leaves out what has vanished, and finds what is there again', async () => {
    process(7, `0::/docker/${ID}`)
    v2(`/docker/${ID}`)
    // Nothing is kept open, as the files of a real cgroup fail with it.
    const sampler = open({ maxOpenFiles: 0 })
    await usageOf(sampler, container(7))
    rmSync(join(dir, 'cg/docker'), { recursive: true })
    expect(await usageOf(sampler, container(7))).toBeUndefined()
    v2(`/docker/${ID}`)
    nowMs += 1000
    expect(await usageOf(sampler, container(7))).toMatchObject({ cpuPercent: undefined, pids: 3 })
  })

  it('sees cgroups outside of its own namespace only where they are mounted', async () => {
    process(7, `0::/../../docker/${ID}`)
    v2(`/docker/${ID}`)
    files('docker', { [`${ID}/pids.current`]: '666\n' })
    expect(await usageOf(open(), container(7))).toBeUndefined()
    mounts(['cgroup2', '/', 'nothing'], ['cgroup2', '/../..', 'cg'])
    expect((await usageOf(open(), container(7)))?.pids).toBe(3)
    process(7, `0::/../../../docker/${ID}`)
    expect(await usageOf(open(), container(7))).toBeUndefined()
  })

  it('finds the part that is mounted', async () => {
    process(7, `0::/docker/${ID}`)
    v2(`/${ID}`)
    mounts(['cgroup2', '/machine', 'nothing'], ['cgroup2', '/docker', 'hidden'], ['cgroup2', '/docker', 'cg'])
    expect((await usageOf(open(), container(7)))?.pids).toBe(3)
  })

  it('keeps files open up to its bound, and closes them', async () => {
    symlinkSync('/proc/self/fd', join(dir, 'fds'))
    const count = (): number => readdirSync(join(dir, 'fds')).length
    const some = [ID, OTHER].map((id, n) => {
      process(n + 1, `0::/docker/${id}`)
      v2(`/docker/${id}`)
      return container(n + 1, id)
    })
    const before = count()
    const sampler = open({ maxOpenFiles: 7 })
    for (let n = 0; n < 3; n++) expect((await sampler.sample(some)).size).toBe(2)
    expect(count()).toBe(before + 7)
    expect((await sampler.sample(some.slice(0, 1))).size).toBe(1)
    expect(count()).toBe(before + 5)
    unlinkSync(join(dir, 'proc/1/cgroup'))
    expect((await sampler.sample(some.slice(0, 1))).size).toBe(1)
    expect((await sampler.sample([])).size).toBe(0)
    expect(count()).toBe(before)
    await sampler.sample(some)
    sampler[Symbol.dispose]()
    expect(count()).toBe(before)
  })

  it('samples many, and stops when it is told to', async () => {
    const many = Array.from({ length: 40 }, (_, n) => {
      const id = n.toString(16).padStart(64, '0')
      process(n + 1, `0::/docker/${id}`)
      v2(`/docker/${id}`)
      return container(n + 1, id)
    })
    const sampler = open({ maxOpenFiles: 20 })
    const usages = await sampler.sample(many)
    expect([...usages.keys()]).toEqual(many.map(containerKey))
    await expect(sampler.sample(many, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    const abort = new AbortController()
    const sampling = sampler.sample(many, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(sampling).rejects.toThrow('enough')
  })

  it('checks its options', () => {
    expect(() => new UsageSampler({ maxOpenFiles: -1 })).toThrow(RangeError)
    write(
      'proc/self/limits',
      'Limit   Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n',
    )
    expect(open()).toBeInstanceOf(UsageSampler)
  })
})

describe('UsageSampler and engines in other pid namespaces', () => {
  const elsewhere: Container = someContainer(ID, { pid: 23, engine: { type: 'test', id: '', api: 'unix:///test', pid: 40 } })

  beforeEach(() => {
    mounts(['cgroup2', '/', 'cg'])
    v2(`/node/${ID}`)
    namespaceProcess(dir, '1', [1], 0)
    namespaceProcess(dir, '2', [40, 1], 1)
    symlinkSync(join(dir, 'proc/1/ns'), join(dir, 'proc/self/ns'))
  })

  it('reads the container whose pid there is that of the process', async () => {
    namespaceProcess(dir, '3', [50, 23, 1], 40)
    process(50, `0::/node/${ID}`)
    expect(await usageOf(open(), elsewhere)).toMatchObject({ pids: 3 })
    process(50, `0::/node/${OTHER}`)
    expect(await usageOf(open(), elsewhere)).toBeUndefined()
  })

  it('looks again for what it has not found, after a while', async () => {
    const sampler = open()
    expect(await usageOf(sampler, elsewhere)).toBeUndefined()
    namespaceProcess(dir, '3', [50, 23, 1], 40)
    process(50, `0::/node/${ID}`)
    nowMs += 5_000
    expect(await usageOf(sampler, elsewhere)).toBeUndefined()
    nowMs += 5_000
    expect(await usageOf(sampler, elsewhere)).toMatchObject({ pids: 3 })
  })
})

describe('containerKey()', () => {
  it('differs for the same id at two engines, and for ids that look like addresses', () => {
    const at = (id: string, api: string): string => containerKey({ id, engine: { type: 'test', id: '', api, pid: 0 } })
    expect(at(ID, 'unix:///run/docker.sock')).toBe(`${ID}@unix:///run/docker.sock`)
    expect(at('a', 'b@c')).not.toBe(at('a@b', 'c'))
    expect(at('a%40b', 'c')).not.toBe(at('a@b', 'c'))
  })
})
