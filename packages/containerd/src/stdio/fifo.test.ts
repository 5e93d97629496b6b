import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { makeFifos, openForReading, openForWriting, removeFifos } from './fifo.ts'

/** Runs a test in a directory of its own, and looks for descriptors that it leaves open there. */
async function inDirectory(body: (path: (name: string) => string) => Promise<void> | void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'teu-fifo-'))
  try {
    await body((name) => join(dir, name))
    expect(descriptorsBelow(dir)).toEqual([])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function descriptorsBelow(dir: string): string[] {
  const target = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  }
  return readdirSync('/proc/self/fd')
    .map(target)
    .filter((path) => path.startsWith(dir))
}

test('what is written comes out, and ends with the writer', () =>
  inDirectory(async (path) => {
    await makeFifos([path('f')])
    expect(openForWriting(path('f'))).toBeUndefined()
    const output = openForReading(path('f'))
    const writer = openForWriting(path('f'))
    await writer?.write(Buffer.from('there'))
    await writer?.close()
    expect(await text(output)).toBe('there')
    await removeFifos([path('f')])
  }))

test('neither end follows a link, or opens anything but a FIFO', () =>
  inDirectory((path) => {
    writeFileSync(path('victim'), 'AAAA')
    symlinkSync(path('victim'), path('link'))
    execFileSync('mkfifo', [path('real')])
    symlinkSync(path('real'), path('to-fifo'))
    mkdirSync(path('elsewhere'))
    execFileSync('mkfifo', [path('elsewhere/f')])
    symlinkSync(path('elsewhere'), path('dir'))
    for (const open of [openForReading, openForWriting]) {
      expect(() => open(path('link'))).toThrow('ELOOP')
      expect(() => open(path('to-fifo'))).toThrow('ELOOP')
      expect(() => open(path('dir/f'))).toThrow('its directory is a link')
      expect(() => open(path('victim'))).toThrow('it is no FIFO')
    }
    expect(readFileSync(path('victim'), 'utf8')).toBe('AAAA')
  }))

test.runIf(process.getuid?.() === 0)('neither end opens a FIFO of another user', () =>
  inDirectory((path) => {
    execFileSync('mkfifo', [path('f')])
    execFileSync('chown', ['4711', path('f')])
    expect(() => openForReading(path('f'))).toThrow('it belongs to user 4711')
  }),
)

test('links go with the FIFOs, files and what is behind a link stay', () =>
  inDirectory(async (path) => {
    writeFileSync(path('file'), '')
    symlinkSync(path('file'), path('link'))
    mkdirSync(path('elsewhere'))
    execFileSync('mkfifo', [path('fifo'), path('elsewhere/fifo')])
    symlinkSync(path('elsewhere'), path('dir'))
    await removeFifos(['file', 'link', 'fifo', 'dir/fifo', 'nothing', 'file/below'].map(path))
    expect(['file', 'link', 'fifo', 'elsewhere/fifo'].map((name) => existsSync(path(name)))).toEqual([true, false, false, true])
  }))

test('of FIFOs that cannot all be made none is left', () =>
  inDirectory(async (path) => {
    mkdirSync(path('b'))
    await expect(makeFifos(['a', 'b', 'c'].map(path))).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', syscall: 'mkfifo' })
    expect(['a', 'b', 'c'].map((name) => existsSync(path(name)))).toEqual([false, true, false])
  }))
