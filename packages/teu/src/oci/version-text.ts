/** The answer to `--version`. */

import { OCI_VERSION, stringifyJson } from '@teu/spec'
import { commit, engine, VERSION } from '../cli/version.ts'

/** runc's format: first line `NAME version X`, then `key: value` lines of which `spec` is read by programs. */
export function versionText(name: string, format: 'text' | 'json'): string {
  const facts = { commit: commit(), spec: OCI_VERSION, seccomp: 'built in', engine: engine() }
  if (format === 'json') return `${stringifyJson({ name, version: VERSION, ...facts })}\n`
  const lines = Object.entries(facts).map(([key, value]) => `${key}: ${value}\n`)
  return `${name} version ${VERSION}\n${lines.join('')}`
}
