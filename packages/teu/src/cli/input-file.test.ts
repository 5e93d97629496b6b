import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInput } from './input-file.ts'

describe('readInput()', () => {
  let dir = ''
  beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'teu-input-'))))
  afterAll(() => rmSync(dir, { recursive: true }))

  it('reads all of a file', () => {
    const text = 'x'.repeat(200_001)
    writeFileSync(join(dir, 'file'), text)
    expect(readInput(join(dir, 'file')).toString()).toBe(text)
    expect(readInput('/dev/null')).toHaveLength(0)
  })

  it('gives up on a file without end', () => {
    expect(() => readInput('/dev/zero')).toThrow(expect.objectContaining({ code: 'EFBIG' }))
  })

  it('throws what the kernel says', () => {
    expect(() => readInput(join(dir, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => readInput(dir)).toThrow(expect.objectContaining({ code: 'EISDIR' }))
  })
})
