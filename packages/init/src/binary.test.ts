import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findInitBinary, provideInitBinary } from './binary.ts'

describe('findInitBinary()', () => {
  const former = process.env['TEU_INIT']
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'teu-binary-'))
    delete process.env['TEU_INIT']
  })
  afterEach(() => {
    if (former === undefined) delete process.env['TEU_INIT']
    else process.env['TEU_INIT'] = former
    rmSync(dir, { recursive: true })
  })

  it('takes what TEU_INIT names, before anything else', () => {
    const path = join(dir, 'mine')
    writeFileSync(path, '', { mode: 0o755 })
    process.env['TEU_INIT'] = path
    provideInitBinary(() => '/elsewhere')
    expect(findInitBinary()).toBe(path)
  })

  it('says which variable names something that cannot be executed', () => {
    process.env['TEU_INIT'] = join(dir, 'none')
    expect(() => findInitBinary()).toThrow(`Cannot execute the helper program ${dir}/none: ENOENT`)
  })

  it('asks a provider once', () => {
    let asked = 0
    provideInitBinary(() => `/provided/${++asked}`)
    expect(findInitBinary()).toBe('/provided/1')
    expect(findInitBinary()).toBe('/provided/1')
  })
})
