import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isTeuError } from '@teu/spec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceFile } from './atomic-file.ts'
import { withLock } from './lock.ts'
import { StateFile } from './state-file.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-record-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('StateFile', () => {
  it('writes at once, for the owner only', () => {
    StateFile.create(directory, { status: 'created' })
    expect(JSON.parse(readFileSync(`${directory}/state.json`, 'utf8'))).toEqual({ status: 'created' })
    expect(statSync(`${directory}/state.json`).mode & 0o777).toBe(0o600)
  })

  it('keeps set in memory until save', () => {
    const file = StateFile.create<{ pid: number }>(directory, { pid: 1 })
    file.set({ pid: 2 })
    expect(StateFile.load<{ pid: number }>(directory).value.pid).toBe(1)
    file.save()
    expect(StateFile.load<{ pid: number }>(directory).value.pid).toBe(2)
  })

  it('hands out copies', () => {
    const file = StateFile.create(directory, { inner: { pid: 1 } })
    Object.assign(file.value.inner, { pid: 9 })
    expect(file.value.inner.pid).toBe(1)
  })

  it('says NOT_FOUND when there is no file, and names the place of a syntax error', () => {
    expect(() => StateFile.load(directory)).toThrow(expect.objectContaining({ code: 'ERR_TEU_NOT_FOUND' }))
    writeFileSync(`${directory}/state.json`, '{\n  "a": }')
    expect(() => StateFile.load(directory)).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID', line: 2 }))
  })

  it('keeps 64-bit numbers exact', () => {
    StateFile.create(directory, { limit: 9_223_372_036_854_775_807n })
    expect(StateFile.load<{ limit: bigint }>(directory).value.limit).toBe(9_223_372_036_854_775_807n)
  })

  it('loses no update of several at the same time', async () => {
    const file = StateFile.create(directory, { count: 0 })
    await Promise.all(Array.from({ length: 20 }, () => file.update((value) => ({ count: value.count + 1 }))))
    expect(StateFile.load<{ count: number }>(directory).value.count).toBe(20)
    expect(readdirSync(directory)).toEqual(['state.json'])
  })
})

describe('replaceFile()', () => {
  it('replaces a link and does not write through it', () => {
    writeFileSync(`${directory}/target`, 'untouched')
    symlinkSync('target', `${directory}/name`)
    replaceFile(`${directory}/name`, 'new')
    expect(readFileSync(`${directory}/target`, 'utf8')).toBe('untouched')
    expect(readFileSync(`${directory}/name`, 'utf8')).toBe('new')
  })

  it('leaves no temporary file when the rename fails', () => {
    expect(() => replaceFile(`${directory}/missing/name`, 'new')).toThrow()
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('withLock()', () => {
  it('takes over the lock of a process that is gone', async () => {
    writeFileSync(`${directory}/lock`, '4194303 123')
    expect(await withLock(directory, {}, () => Promise.resolve('done'))).toBe('done')
    expect(readdirSync(directory)).toEqual([])
  })

  it('stops waiting when the caller aborts', async () => {
    const abort = new AbortController()
    let release: () => void = () => undefined
    const held = withLock(directory, {}, () => new Promise<void>((resolve) => (release = resolve)))
    const waiting = withLock(directory, { signal: abort.signal }, () => Promise.resolve())
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    release()
    await held
  })

  it('says NOT_FOUND when the container is gone', async () => {
    const gone = withLock(`${directory}/gone`, {}, () => Promise.resolve())
    await expect(gone).rejects.toSatisfy((error) => isTeuError(error, 'ERR_TEU_NOT_FOUND'))
  })
})
