/**
 * The log that engines read: one record per line, text or JSON, on stderr or appended to a file.
 *
 * podman reads the whole file as one JSON object, containerd's shim takes the last record of level `error` from a file that all
 * commands of a container append to. Both are served by exactly one `error` record per failing command, nothing of a lower level
 * unless asked for, and debug records of the JSON format in a second file.
 */

import { constants, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { isTeuError, TeuError } from '@teu/spec'
import { usage } from './parse.ts'
import { printable } from './table.ts'

export type LogFormat = 'text' | 'json'
/** From few records to many. */
export const LOG_LEVELS = ['error', 'warning', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where and how to log. */
export interface LogOptions {
  /** A path, or `file:` and a path. Default: stderr. */
  readonly target?: string | undefined
  /** What a relative path refers to. */
  readonly cwd: string
  readonly format: LogFormat
  readonly level: LogLevel
  readonly now: () => Date
  readonly err: (text: string) => void
}

/** Takes records. */
export interface Log {
  /** True when a failure has been told on stderr by its record alone. */
  readonly isStderr: boolean
  /** The one record of a command that fails. */
  failure(error: unknown): void
  warn(message: string): void
  debug(message: string, fields?: Fields): void
}

type Fields = Readonly<Record<string, unknown>>

/** Opens the log. A file is created (0644) or appended to; what is in it stays.
 *  @throws {TeuError} ERR_TEU_USAGE for a kind of target that is not supported; ERR_TEU_SYSTEM when it cannot be written */
export function openLog({ target, cwd, format, level, now, err }: LogOptions): Log {
  const path = target === undefined || target === '' ? undefined : filePath(target, cwd)
  const write = path === undefined ? err : fileWriter(path)
  const rank = LOG_LEVELS.indexOf(level)
  const render = format === 'json' ? jsonRecord : textRecord
  let debugWrite: ((text: string) => void) | undefined
  const record = (at: LogLevel, message: string, fields: Fields = {}): string => render(now(), at, message, fields)
  return {
    isStderr: path === undefined,
    failure(error) {
      if (rank >= LOG_LEVELS.indexOf('debug') && error instanceof Error && error.stack !== undefined) this.debug(error.stack)
      write(record('error', messageOf(error), detailsOf(error)))
    },
    warn(message) {
      if (rank >= LOG_LEVELS.indexOf('warning')) write(record('warning', message))
    },
    debug(message, fields) {
      if (rank < LOG_LEVELS.indexOf('debug')) return
      debugWrite ??= path !== undefined && format === 'json' ? fileWriter(`${path}.debug`) : write
      debugWrite(record('debug', message, fields))
    },
  }
}

/** What went wrong, on one line. A system error that nobody has put into words is named by its errno: its text may hold a phrase by
 *  which engines recognise something else (`no such file or directory` means a missing program). */
export function messageOf(error: unknown): string {
  if (isTeuError(error)) return printable(error.message)
  const { code, syscall, path } = systemErrorOf(error)
  if (code !== undefined && syscall !== undefined)
    return printable(`Unexpected failure of ${syscall}${path === undefined ? '' : ` on ${path}`}: ${code}`)
  return printable(`Internal error: ${error instanceof Error ? error.message : String(error)}`)
}

/** The fields of a failure beside its message. Their names differ from `level`, `msg` and `time` also when case is ignored. The cause is
 *  left to debug records: it is often the text of a system error. */
function detailsOf(error: unknown): Fields {
  if (isTeuError(error)) {
    const { message: _message, name: _name, cause: _cause, ...fields } = error.toJSON()
    return fields
  }
  const { code, syscall, path } = systemErrorOf(error)
  return {
    code: 'ERR_TEU_SYSTEM',
    ...(syscall !== undefined && { syscall }),
    ...(code !== undefined && { errno: code }),
    ...(path !== undefined && { path }),
  }
}

function systemErrorOf(error: unknown): { code?: string | undefined; syscall?: string | undefined; path?: string | undefined } {
  return error instanceof Error ? (error as NodeJS.ErrnoException) : {}
}

/** A kind such as `journald:` is not a path; everything else is. */
function filePath(target: string, cwd: string): string {
  const kind = /^(file|journald|syslog):(.*)$/s.exec(target)
  if (kind === null) return resolve(cwd, target)
  if (kind[1] === 'file') return resolve(cwd, kind[2] ?? '')
  throw usage(`--log: logging to ${kind[1]} is not supported, got "${target}"`, 'Log to a file, or to stderr and let the caller pass it on')
}

function fileWriter(path: string): (text: string) => void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_SYNC, O_NONBLOCK, O_NOCTTY } = constants
  let fd: number
  try {
    // O_NONBLOCK: a FIFO that nobody reads is an error, not a hang. It means nothing for a regular file.
    fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_SYNC | O_NONBLOCK | O_NOCTTY, 0o644)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot open the log ${path}: ${code}`, { path, syscall: 'open', errno: code, cause })
  }
  return (text) => {
    writeSync(fd, text)
  }
}

/** RFC 3339 in seconds, UTC. */
function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

function jsonRecord(now: Date, level: LogLevel, message: string, fields: Fields): string {
  return `${JSON.stringify({ level, msg: message, time: timestamp(now), ...fields })}\n`
}

function textRecord(now: Date, level: LogLevel, message: string, fields: Fields): string {
  let line = `time="${timestamp(now)}" level=${level} msg=${JSON.stringify(message)}`
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${textValue(value)}`
  return `${line}\n`
}

/** Members of an object are joined with commas: a step is `index:7,op:attach,stage:container`. */
function textValue(value: unknown): string {
  let text: string
  if (typeof value === 'string') text = value
  else if (typeof value !== 'object' || value === null || Array.isArray(value)) text = JSON.stringify(value)
  else
    text = Object.entries(value)
      .map(([key, member]) => `${key}:${String(member)}`)
      .join(',')
  return /^[\w.,:/@^+-]+$/.test(text) ? text : JSON.stringify(text)
}
