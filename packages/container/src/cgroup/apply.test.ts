import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { isTeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V2 } from '../../test/support/cgroup-hosts.ts'
import { applyUpdate, type CgroupFiles } from './apply.ts'
import { compileUpdate } from './resources/compile.ts'
import type { CgroupWrite } from './resources/write.ts'

type Rule = (get: (file: string) => number, file: string, value: number) => string | undefined

/** cgroup files in memory, with the kernel's rules between them. */
class FakeKernel implements CgroupFiles {
  readonly log: string[] = []
  readonly #values: Map<string, string>
  readonly #rule: Rule

  constructor(values: Record<string, string>, rule: Rule = () => undefined) {
    this.#values = new Map(Object.entries(values))
    this.#rule = rule
  }

  get(file: string): string | undefined {
    return this.#values.get(file)
  }

  read(path: string): Promise<string | undefined> {
    return Promise.resolve(this.#values.get(basename(path)))
  }

  write(path: string, value: string): Promise<void> {
    const file = basename(path)
    this.log.push(`${file}=${value}`)
    const get = (name: string): number => Number(this.#values.get(name))
    const errno = this.#values.has(file) ? this.#rule(get, file, Number(value)) : 'ENOENT'
    if (errno) return Promise.reject(Object.assign(new Error(errno), { code: errno, syscall: 'write' }))
    this.#values.set(file, value)
    return Promise.resolve()
  }

  exists(): Promise<boolean> {
    return Promise.resolve(true)
  }
}

const MEMORY = 'memory.limit_in_bytes'
const MEMSW = 'memory.memsw.limit_in_bytes'

/** Memory never above memory+swap. */
function v1Memory(limit: number, swap: number): FakeKernel {
  return new FakeKernel({ [MEMORY]: String(limit), [MEMSW]: String(swap) }, (get, file, value) =>
    (file === MEMORY && value > get(MEMSW)) || (file === MEMSW && value < get(MEMORY)) ? 'EINVAL' : undefined,
  )
}

const memoryWrites = (limit: number, swap: number): CgroupWrite[] => compileUpdate({}, { memory: { limit, swap } }, at(HYBRID)).writes

describe('applyUpdate()', () => {
  it.each([
    [100, 200, 150, 180],
    [100, 200, 250, 300],
    [100, 200, 50, 60],
    [100, 200, 200, 200],
    [100, 100, 100, 150],
    [100, 100, 50, 50],
  ])('finds the order for memory and swap from %i/%i to %i/%i', async (limit, swap, newLimit, newSwap) => {
    const kernel = v1Memory(limit, swap)
    await applyUpdate(memoryWrites(newLimit, newSwap), kernel)
    expect([kernel.get(MEMORY), kernel.get(MEMSW)]).toEqual([String(newLimit), String(newSwap)])
  })

  it('writes the quota first when the period does not fit yet', async () => {
    const kernel = new FakeKernel({ 'cpu.cfs_period_us': '100000', 'cpu.cfs_quota_us': '50000' }, (get, file, value) => {
      const quota = file === 'cpu.cfs_quota_us' ? value : get('cpu.cfs_quota_us')
      const period = file === 'cpu.cfs_period_us' ? value : get('cpu.cfs_period_us')
      return quota / period > 0.5 ? 'EINVAL' : undefined
    })
    await applyUpdate(compileUpdate({}, { cpu: { quota: 5000, period: 10_000 } }, at(HYBRID)).writes, kernel)
    expect(kernel.log).toEqual(['cpu.cfs_period_us=10000', 'cpu.cfs_quota_us=5000', 'cpu.cfs_period_us=10000'])
  })

  it('lowers a burst before its quota, and raises it after', async () => {
    const kernel = new FakeKernel({ 'cpu.max.burst': '50', 'cpu.max': '50' }, (get, file, value) =>
      (file === 'cpu.max' && value < get('cpu.max.burst')) || (file === 'cpu.max.burst' && value > get('cpu.max')) ? 'EINVAL' : undefined,
    )
    const write = (file: string, value: string): CgroupWrite => ({ file: `/c/${file}`, value, pointer: '', controller: 'cpu' })
    await applyUpdate([write('cpu.max', '20'), write('cpu.max.burst', '10')], kernel)
    expect([kernel.get('cpu.max'), kernel.get('cpu.max.burst')]).toEqual(['20', '10'])
    await applyUpdate([write('cpu.max.burst', '90'), write('cpu.max', '100')], kernel)
    expect([kernel.get('cpu.max'), kernel.get('cpu.max.burst')]).toEqual(['100', '90'])
  })

  it('puts everything back when one value is refused', async () => {
    const kernel = new FakeKernel({ 'memory.max': '100', 'memory.low': '1', 'pids.max': 'max', 'memory.swap.max': 'max' }, (_get, file) =>
      file === 'pids.max' ? 'ERANGE' : undefined,
    )
    const { writes } = compileUpdate({}, { memory: { limit: 50, swap: 60, reservation: 10 }, pids: { limit: 5 } }, at(V2))
    await expect(applyUpdate(writes, kernel)).rejects.toMatchObject({
      code: 'ERR_TEU_CGROUP',
      message: 'Cannot set pids.max to "5": write failed with ERANGE',
      pointer: '/linux/resources/pids/limit',
      errno: 'ERANGE',
    })
    expect(['memory.max', 'memory.low', 'memory.swap.max'].map((file) => kernel.get(file))).toEqual(['100', '1', 'max'])
    expect(kernel.log.slice(-3)).toEqual(['memory.low=1', 'memory.max=100', 'memory.swap.max=max'])
  })

  it('puts pairs back in an order that the kernel takes', async () => {
    const kernel = v1Memory(100, 200)
    const writes = [...memoryWrites(300, 400), { file: '/x/none', value: '1', pointer: '/x', controller: 'pids' }]
    await expect(applyUpdate(writes, kernel)).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED', path: '/x/none' })
    expect([kernel.get(MEMORY), kernel.get(MEMSW)]).toEqual(['100', '200'])
  })

  it('reports what could not be put back, and puts back the rest', async () => {
    let broken = false
    const kernel = new FakeKernel({ 'a.max': '1', 'b.max': '1', 'c.max': '1' }, (_get, file, value) => {
      if (file === 'c.max') broken = true
      return file === 'c.max' || (broken && file === 'b.max' && value === 1) ? 'EIO' : undefined
    })
    const write = (file: string): CgroupWrite => ({ file: `/c/${file}`, value: '2', pointer: '', controller: 'misc' })
    const error: unknown = await applyUpdate(['a.max', 'b.max', 'c.max'].map(write), kernel).catch((reason: unknown) => reason)
    expect(isTeuError(error, 'ERR_TEU_CGROUP') && error.suppressed?.map(({ message }) => message)).toEqual([
      'Cannot set b.max to "1": write failed with EIO',
    ])
    expect(kernel.get('a.max')).toBe('1')
  })

  it('gives up when no order helps', async () => {
    await expect(applyUpdate(memoryWrites(10, 20), new FakeKernel({ [MEMORY]: '1', [MEMSW]: '1' }, () => 'EINVAL'))).rejects.toMatchObject({
      errno: 'EINVAL',
      path: '/sys/fs/cgroup/memory/c/memory.limit_in_bytes',
    })
  })

  it('refuses a limit below the usage when asked to look', async () => {
    const kernel = new FakeKernel({ 'memory.max': 'max', 'memory.current': '70' })
    const { writes } = compileUpdate({ memory: { checkBeforeUpdate: true } }, { memory: { limit: 70 } }, at(V2))
    await expect(applyUpdate(writes, kernel)).rejects.toThrow('the container uses 70 bytes')
    expect(kernel.log).toEqual([])
    await applyUpdate(compileUpdate({ memory: { checkBeforeUpdate: true } }, { memory: { limit: 71 } }, at(V2)).writes, kernel)
    expect(kernel.get('memory.max')).toBe('71')
  })

  it('says how much is in use when v1 cannot lower a limit', async () => {
    const kernel = new FakeKernel({ [MEMORY]: '9', 'memory.usage_in_bytes': '8\n', 'memory.max_usage_in_bytes': '9\n' }, () => 'EBUSY')
    await expect(applyUpdate(compileUpdate({}, { memory: { limit: 5 } }, at(HYBRID)).writes, kernel)).rejects.toThrow(
      'uses 8 bytes (peak 9)',
    )
  })
})

describe('applyUpdate() on files', () => {
  const withDirectory = async (run: (directory: string) => Promise<void>): Promise<void> => {
    const directory = mkdtempSync(join(tmpdir(), 'teu-apply-'))
    await run(directory).finally(() => rmSync(directory, { recursive: true }))
  }
  const write = (file: string, optional = false): CgroupWrite => ({ file, value: '5', pointer: '', controller: 'pids', optional })

  it('writes, never makes a file, and does without an optional one', () =>
    withDirectory(async (directory) => {
      writeFileSync(join(directory, 'pids.max'), 'max')
      await applyUpdate([write(join(directory, 'pids.max')), write(join(directory, 'memory.swap.max'), true)])
      expect(readFileSync(join(directory, 'pids.max'), 'utf8')).toBe('5ax')
      await expect(applyUpdate([write(join(directory, 'none'))])).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED' })
      await expect(applyUpdate([write(join(directory, 'gone/none'))])).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP', errno: 'ENOENT' })
      expect(readdirSync(directory)).toEqual(['pids.max'])
    }))

  it('follows no link', () =>
    withDirectory(async (directory) => {
      writeFileSync(join(directory, 'target'), 'safe')
      symlinkSync('target', join(directory, 'pids.max'))
      await expect(applyUpdate([write(join(directory, 'pids.max'))])).rejects.toMatchObject({ errno: 'ELOOP' })
      expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('safe')
    }))
})
