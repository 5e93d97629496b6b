import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { TeuError } from '@teu/spec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { messageOf, openLog } from './log.ts'

const now = (): Date => new Date('2024-01-02T15:04:05.678Z')
const FAILURE = new TeuError('ERR_TEU_SYSTEM', 'Cannot mount proc on "/proc": move_mount failed with EPERM', {
  step: { index: 7, op: 'attach', stage: 'container' },
  syscall: 'move_mount',
  errno: 'EPERM',
  path: '/proc',
  pointer: '/mounts/0',
  remedy: 'Use a user namespace',
  suppressed: [new Error('and that')],
})

let directory: string
let stderr: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-log-'))
  stderr = ''
})
afterEach(() => rmSync(directory, { recursive: true }))
const err = (text: string): void => void (stderr += text)

describe('openLog()', () => {
  it('writes text to stderr, with the details after the message', () => {
    const log = openLog({ format: 'text', level: 'error', cwd: '/', now, err })
    log.failure(new TeuError('ERR_TEU_NOT_FOUND', 'container "x": container does not exist', { containerId: 'x' }))
    expect(log.isStderr).toBe(true)
    expect(stderr).toBe(
      'time="2024-01-02T15:04:05Z" level=error msg="container \\"x\\": container does not exist" code=ERR_TEU_NOT_FOUND containerId=x\n',
    )
  })

  it('keeps a step readable in text', () => {
    openLog({ format: 'text', level: 'error', cwd: '/', now, err }).failure(FAILURE)
    expect(stderr).toContain(
      ' step=index:7,op:attach,stage:container syscall=move_mount errno=EPERM path=/proc pointer=/mounts/0 remedy="Use a user namespace"',
    )
  })

  it('writes one JSON object per record, with the details as further fields', () => {
    const file = join(directory, 'log.json')
    const log = openLog({ target: file, format: 'json', level: 'error', cwd: '/', now, err })
    log.warn('not shown')
    log.debug('not shown')
    log.failure(FAILURE)
    expect(log.isStderr).toBe(false)
    expect(stderr).toBe('')
    const text = readFileSync(file, 'utf8')
    expect(text.endsWith('\n')).toBe(true)
    expect(JSON.parse(text)).toEqual({
      level: 'error',
      msg: FAILURE.message,
      time: '2024-01-02T15:04:05Z',
      code: 'ERR_TEU_SYSTEM',
      step: { index: 7, op: 'attach', stage: 'container' },
      syscall: 'move_mount',
      errno: 'EPERM',
      path: '/proc',
      pointer: '/mounts/0',
      remedy: 'Use a user namespace',
      suppressed: ['and that'],
    })
  })

  it('appends to what is there and makes new files 0644', () => {
    const file = join(directory, 'log')
    writeFileSync(file, 'former\n')
    openLog({ target: `file:${file}`, format: 'text', level: 'warning', cwd: '/', now, err }).warn('careful')
    expect(readFileSync(file, 'utf8')).toBe('former\ntime="2024-01-02T15:04:05Z" level=warning msg="careful"\n')
    openLog({ target: `${file}2`, format: 'text', level: 'error', cwd: '/', now, err })
    expect(statSync(`${file}2`).mode & 0o777 & ~0o644).toBe(0)
  })

  it('keeps debug records of the JSON format out of the file that engines read', () => {
    const file = join(directory, 'log.json')
    const log = openLog({ target: file, format: 'json', level: 'debug', cwd: directory, now, err })
    log.debug('opened', { n: 1 })
    log.failure(FAILURE)
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1)
    expect(readFileSync(`${file}.debug`, 'utf8')).toContain('{"level":"debug","msg":"opened","time":"2024-01-02T15:04:05Z","n":1}\n')
  })

  it('does not hang on a FIFO without reader', () => {
    const file = join(directory, 'fifo')
    execFileSync('mkfifo', [file])
    expect(() => openLog({ target: file, format: 'text', level: 'error', cwd: '/', now, err })).toThrow(
      `Cannot open the log ${file}: ENXIO`,
    )
  })

  it.each(['/', '/nowhere/log'])('refuses a log that cannot be written: %s', (target) => {
    expect(() => openLog({ target, format: 'text', level: 'error', cwd: '/', now, err })).toThrow(/^Cannot open the log/)
  })

  it('refuses kinds of target that it does not know how to reach', () => {
    expect(() => openLog({ target: 'journald:x', format: 'text', level: 'error', cwd: '/', now, err })).toThrow(
      'logging to journald is not supported',
    )
  })
})

describe('messageOf()', () => {
  it('is one line that cannot steer a terminal', () => {
    expect(messageOf(new TeuError('ERR_TEU_HOOK', 'Hook failed: a\nb\u001b[31m\u0000'))).toBe('Hook failed: a\\nb\\x1b[31m\\x00')
  })

  it('does not repeat the text of a system error, which engines would take for a missing program', () => {
    const error = Object.assign(new Error("ENOENT: no such file or directory, open '/x'"), { code: 'ENOENT', syscall: 'open', path: '/x' })
    expect(messageOf(error)).toBe('Unexpected failure of open on /x: ENOENT')
  })

  it.each([new TypeError('x is not a function'), 'x is not a function'])('says that a mistake of teu is one', (error) => {
    expect(messageOf(error)).toBe('Internal error: x is not a function')
  })
})
