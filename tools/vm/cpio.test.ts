import { describe, expect, it } from 'vitest'
import { cpio, directory, program } from './cpio.ts'

const HEAD = 110
const TRAILER = 'TRAILER!!!'

/** Names and contents of an archive, read back. */
function entries(archive: Buffer): { name: string; content: string }[] {
  const found: { name: string; content: string }[] = []
  const aligned = (offset: number): number => Math.ceil(offset / 4) * 4
  for (let offset = 0; offset < archive.length; ) {
    const field = (n: number): number => Number.parseInt(archive.toString('latin1', offset + 6 + n * 8, offset + 14 + n * 8), 16)
    expect(archive.toString('latin1', offset, offset + 6)).toBe('070701')
    const name = archive.toString('utf8', offset + HEAD, offset + HEAD + field(11) - 1)
    if (name === TRAILER) return found
    const start = aligned(offset + HEAD + field(11))
    found.push({ name, content: archive.toString('utf8', start, start + field(6)) })
    offset = aligned(start + field(6))
  }
  throw new Error('no trailer')
}

describe('cpio()', () => {
  it('writes names and contents of any length, aligned to four bytes', () => {
    const files = Array.from({ length: 9 }, (_, n) => ({ name: `f${'x'.repeat(n)}`, content: 'c'.repeat(n) }))
    const archive = cpio([directory('bin'), ...files.map(({ name, content }) => program(name, Buffer.from(content)))])
    expect(entries(archive)).toEqual([{ name: 'bin', content: '' }, ...files])
  })
})
