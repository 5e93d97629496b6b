/** `--format` of commands with a table. */

import { stringifyJson } from '@teu/spec'
import { usage } from '../cli/parse.ts'

/** The option itself. */
export const FORMAT_OPTION = { kind: 'text', value: 'FORMAT', help: 'table (default), or json: one object per line' } as const

/** @throws {TeuError} ERR_TEU_USAGE for anything else */
export function isJson(text = 'table'): boolean {
  if (text === 'json') return true
  if (text === 'table') return false
  throw usage(`--format: expected table or json, got "${text}"`)
}

/** Each value on a line of its own. */
export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${stringifyJson(value)}\n`).join('')
}
