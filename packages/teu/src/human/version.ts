/** `teu version`. */

import { OCI_VERSION, stringifyJson } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import { usage } from '../cli/parse.ts'
import { commit, engine, VERSION } from '../cli/version.ts'
import type { TeuCommand } from './context.ts'

/** Prints what this build is. */
export const version: TeuCommand = defineCommand({
  name: 'version',
  summary: 'Print the version',
  synopsis: '',
  options: { format: { kind: 'text', value: 'FORMAT', help: 'text (default) or json' } },
  arity: [0, 0],
  run({ format = 'text' }, _args, { io }) {
    if (format !== 'text' && format !== 'json') throw usage(`--format: expected text or json, got "${format}"`)
    io.out(versionOf(format))
  },
})

/** What this build is. */
export function versionFacts(): { version: string; commit: string; spec: string; engine: string } {
  return { version: VERSION, commit: commit(), spec: OCI_VERSION, engine: engine() }
}

/** Text for `teu version` and `teu --version`. */
export function versionOf(format: 'text' | 'json'): string {
  const facts = versionFacts()
  if (format === 'json') return `${stringifyJson(facts)}\n`
  return `teu ${VERSION} (commit ${facts.commit}, OCI runtime-spec ${facts.spec}, ${facts.engine})\n`
}
