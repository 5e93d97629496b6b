import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Containers } from './containers.ts'
import { checkExecOptions, checkResources, checkSize } from './option-rules.ts'

let root = ''
let containers: Containers
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'teu-options-'))
  containers = await Containers.open({ root })
})
afterAll(() => rmSync(root, { recursive: true }))

describe('Containers', () => {
  it.each<[unknown, ErrorConstructor, string]>([
    [null, TypeError, 'Containers.open: options must be an object, got null'],
    [{ roott: '/x' }, TypeError, 'Containers.open: there is no option roott'],
    [{ root: 5 }, TypeError, 'Containers.open: root must be a path, got 5'],
    [{ cgroupManager: 'systmd' }, RangeError, 'Containers.open: cgroupManager must be fs or systemd or disabled, got "systmd"'],
    [{ rootless: 'yes' }, TypeError, 'Containers.open: rootless must be true, false or auto, got "yes"'],
  ])('open() refuses %j', async (options, kind, message) => {
    const attempt = Containers.open(options as object)
    await expect(attempt).rejects.toThrow(message)
    await expect(attempt).rejects.toBeInstanceOf(kind)
  })

  it.each<[unknown, string]>([
    [undefined, 'options must be an object, got nothing'],
    [{}, 'bundle must be a path, got nothing'],
    [{ bundle: 5 }, 'bundle must be a path, got 5'],
    [{ bundle: '/b', spec: null }, 'spec must be an object, got null'],
    [
      { bundle: '/b', stdio: 'pipes' },
      'stdio must be inherit, null, pipe, a descriptor number, or an array of three of these, got "pipes"',
    ],
    [{ bundle: '/b', extraFds: [-1] }, 'extraFds must be an array of descriptor numbers, got an array'],
    [{ bundle: '/b', timeoutMs: Number.NaN }, 'timeoutMs must be an integer of milliseconds from 0 to 4294967295, got NaN'],
    [{ bundle: '/b', pidFile: '' }, 'pidFile must be a path, got ""'],
    [{ bundle: '/b', noPivot: 'yes' }, 'noPivot must be true or false, got "yes"'],
    [{ bundle: '/b', memory: 5 }, 'there is no option memory'],
  ])('create(), run() and plan() refuse %j', async (options, message) => {
    await expect(containers.create('box', options as never)).rejects.toThrow(`create: ${message}`)
    await expect(containers.run('box', options as never)).rejects.toThrow(`run: ${message}`)
    expect(() => containers.plan('box', options as never)).toThrow(`plan: ${message}`)
    expect(readdirSync(root)).toEqual([])
  })

  it('a state root that cannot be one, or has gone, is a structured error', async () => {
    for (const path of ['/dev/null', '/dev/null/x', '/proc/nowhere']) {
      await expect(Containers.open({ root: path })).rejects.toMatchObject({ code: 'ERR_TEU_USAGE', path })
    }
    const gone = await Containers.open({ root: join(root, 'gone') })
    rmSync(join(root, 'gone'), { recursive: true })
    await expect(gone.list()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', errno: 'ENOENT' })
  })

  it('a descriptor that is not open is found before anything is made', async () => {
    const closed = { code: 'ERR_TEU_USAGE', message: 'Cannot use descriptor 987 for extraFds: it is not open' }
    await expect(containers.create('box', { bundle: '/b', extraFds: [987] })).rejects.toThrow(expect.objectContaining(closed))
    await expect(containers.run('box', { bundle: '/b', stdio: ['null', 987, 'null'] })).rejects.toThrow('descriptor 987 for stdio')
  })

  it('list() and remove() refuse what they do not know', async () => {
    await expect(containers.list({ onBadEntries: () => undefined } as object)).rejects.toThrow('list: there is no option onBadEntries')
    await expect(containers.remove('box', { forced: true } as object)).rejects.toThrow('remove: there is no option forced')
    await expect(containers.remove('box', { force: 1 } as never)).rejects.toThrow('remove: force must be true or false, got 1')
  })
})

describe('checkExecOptions()', () => {
  it.each<[unknown, string]>([
    [undefined, 'exec: options must be an object, got nothing'],
    [{}, 'exec: options must have args or a process'],
    [{ args: 'id' }, 'exec: args must be an array of strings, got "id"'],
    [{ args: ['id'], process: {} }, 'exec: args and process exclude each other'],
    [{ process: {}, user: { uid: 0, gid: 0 } }, 'exec: user and process exclude each other'],
    [{ args: ['id'], oomScoreAdj: 5000 }, 'exec: oomScoreAdj must be an integer from -1000 to 1000, got 5000'],
    [{ args: ['id'], workdir: '/' }, 'exec: there is no option workdir'],
  ])('refuses %j', (options, message) => {
    expect(() => checkExecOptions(options as never)).toThrow(message)
  })
})

describe('checkResources()', () => {
  it('takes what a resources document may hold', () => {
    expect(() => checkResources({ memory: { limit: 5 }, pids: null, hugepageLimits: [], future: 5 } as never)).not.toThrow()
  })

  it.each<[unknown, string]>([
    [null, 'update: resources must be an object, got null'],
    [{ memory: 5 }, 'update: memory must be an object or null, got 5'],
    [{ hugepageLimits: {} }, 'update: hugepageLimits must be an array or null, got an object'],
  ])('refuses %j', (patch, message) => {
    expect(() => checkResources(patch as never)).toThrow(message)
  })
})

describe('checkSize()', () => {
  it('wants two numbers that the kernel can hold', () => {
    expect(() => checkSize({ height: 24, width: 80 })).not.toThrow()
    expect(() => checkSize({ height: 24 } as never)).toThrow('resize: width must be an integer from 0 to 65535, got nothing')
    expect(() => checkSize({ height: 24, width: 70000 })).toThrow(RangeError)
  })
})
