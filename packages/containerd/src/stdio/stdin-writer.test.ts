import { deferred } from '@teu/spec'
import { execFileSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Report } from '../report.ts'
import { StdinWriter } from './stdin-writer.ts'

interface Fixture {
  readonly path: string
  readonly dir: string
  readonly stdin: StdinWriter
  /** Resolves when the shim is told to close its end. */
  readonly closed: Promise<void>
  readonly closings: () => number
  readonly reports: Report[]
}

async function withInput(terminal: boolean, body: (fixture: Fixture) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'teu-stdin-'))
  const path = join(dir, 'init-stdin')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const closed = deferred()
  let count = 0
  const closeIo = (): Promise<void> => {
    count += 1
    closed.resolve()
    return Promise.resolve()
  }
  const reports: Report[] = []
  const listen = (entry: unknown): void => void reports.push(entry as Report)
  subscribe('teu:containerd', listen)
  const stdin = new StdinWriter({ path, terminal, closeIo })
  try {
    await body({ path, dir, stdin, closed: closed.promise, closings: () => count, reports })
    stdin.drop()
    expect(count).toBeLessThanOrEqual(1)
  } finally {
    unsubscribe('teu:containerd', listen)
    closeSync(reader)
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Everything that needs no time has happened. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await turn()
}

test('an end closes our side and that of the shim, once', () =>
  withInput(false, async ({ path, stdin, closed, closings, reports }) => {
    const own = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    stdin.release()
    stdin.end('text')
    await closed
    await settled()
    const bytes = Buffer.alloc(10)
    expect(bytes.toString('utf8', 0, readSync(own, bytes))).toBe('text')
    closeSync(own)
    expect([closings(), reports]).toEqual([1, []])
  }))

test.each(['before', 'after'])('destroyed %s the shim reads, without an end: the input ends all the same', (when) =>
  withInput(false, async ({ stdin, closed, closings }) => {
    if (when === 'after') stdin.release()
    stdin.write('x')
    stdin.destroy()
    await settled()
    if (when === 'before') expect(closings()).toBe(0)
    stdin.release()
    await closed
    expect(closings()).toBe(1)
  }),
)

test('dropped: nobody is told, the container runs on', () =>
  withInput(false, async ({ stdin, closings }) => {
    stdin.release()
    stdin.write('x')
    stdin.drop()
    await settled()
    expect(closings()).toBe(0)
  }))

test('a terminal that is destroyed keeps the shim’s side', () =>
  withInput(true, async ({ stdin, closings }) => {
    stdin.release()
    stdin.destroy()
    await settled()
    expect(closings()).toBe(0)
  }))

test('a link in place of the FIFO gets nothing; that is reported, and the input ends', () =>
  withInput(false, async ({ path, dir, stdin, closed, reports }) => {
    writeFileSync(join(dir, 'victim'), 'AAAA')
    unlinkSync(path)
    symlinkSync(join(dir, 'victim'), path)
    stdin.release()
    stdin.write('evil')
    await closed
    expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('AAAA')
    expect(reports).toMatchObject([{ what: `write the input of a process to ${path}`, error: { code: 'ELOOP' } }])
  }))
