/** `--mount type=bind,src=/data,dst=/data,ro`: comma-separated fields, with the key names that docker and podman know. */

import { resolve } from 'node:path'
import { usage } from '../cli/parse.ts'
import { parseSize } from '../cli/quantities.ts'
import type { RunMount } from './engine.ts'

const KEYS: Readonly<Record<string, string>> = {
  type: 'type',
  src: 'source',
  source: 'source',
  dst: 'destination',
  destination: 'destination',
  target: 'destination',
  ro: 'readonly',
  readonly: 'readonly',
  'tmpfs-size': 'size',
  size: 'size',
  'tmpfs-mode': 'mode',
  mode: 'mode',
}

/** @param cwd  what a relative source refers to
 *  @throws {TeuError} ERR_TEU_USAGE */
export function parseMount(text: string, cwd: string): RunMount {
  const fields = new Map<string, string>()
  for (const part of text.split(',')) {
    const equals = part.indexOf('=')
    const given = equals < 0 ? part : part.slice(0, equals)
    const key = Object.hasOwn(KEYS, given) ? (KEYS[given] as string) : undefined
    if (key === undefined) throw wrong(text, `unknown field "${given}"`)
    if (fields.has(key)) throw wrong(text, `"${given}" is given twice`)
    fields.set(key, equals < 0 ? '' : part.slice(equals + 1))
  }
  const type = fields.get('type') ?? 'bind'
  const destination = fields.get('destination') ?? ''
  const readonly = booleanOf(text, fields.get('readonly'))
  if (!destination.startsWith('/')) throw wrong(text, 'dst must be an absolute path')
  if (type === 'bind') {
    const source = fields.get('source') ?? ''
    if (source === '') throw wrong(text, 'src is missing')
    refuse(text, fields, ['size', 'mode'], type)
    return { type, source: resolve(cwd, source), destination, readonly }
  }
  if (type !== 'tmpfs') throw wrong(text, `type must be bind or tmpfs, got "${type}"`)
  refuse(text, fields, ['source'], type)
  const size = fields.get('size')
  const mode = fields.get('mode')
  if (mode !== undefined && !/^[01]?[0-7]{3}$/.test(mode)) throw wrong(text, `mode must be octal, got "${mode}"`)
  return {
    type,
    destination,
    readonly,
    ...(size !== undefined && { sizeBytes: parseSize('mount', size) }),
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
  }
}

function refuse(text: string, fields: ReadonlyMap<string, string>, keys: readonly string[], type: string): void {
  const key = keys.find((one) => fields.has(one))
  if (key !== undefined) throw wrong(text, `a ${type} mount has no ${key}`)
}

function booleanOf(text: string, value: string | undefined): boolean {
  if (value === undefined || value === 'false' || value === '0') return false
  if (value === '' || value === 'true' || value === '1') return true
  throw wrong(text, `ro must be true or false, got "${value}"`)
}

function wrong(text: string, reason: string): Error {
  return usage(`--mount ${text}: ${reason}`, 'Write type=bind,src=DIR,dst=DIR[,ro] or type=tmpfs,dst=DIR[,size=64m]')
}
