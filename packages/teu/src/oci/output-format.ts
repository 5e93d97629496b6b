/** `--format table|json`, which `list` and `ps` share. */

import { usage } from '../cli/parse.ts'

/** @throws {TeuError} ERR_TEU_USAGE for anything else */
export function outputFormat(text = 'table'): 'table' | 'json' {
  if (text === 'table' || text === 'json') return text
  throw usage(`--format: expected table or json, got "${text}"`)
}
