/** `teu version` with a daemon. */

import { stringifyJson } from '@teu/spec'
import { usage } from '../cli/parse.ts'
import { printable } from '../cli/table.ts'
import { versionFacts, versionOf } from '../human/version.ts'
import { defineHostCommand, type HostCommand } from './context.ts'

/** Prints what this build is, and what the daemon is. */
export const version: HostCommand = defineHostCommand({
  name: 'version',
  summary: 'Print the versions of teu and of the daemon',
  synopsis: '',
  options: { format: { kind: 'text', value: 'FORMAT', help: 'text (default) or json' } },
  arity: [0, 0],
  check({ format = 'text' }) {
    if (format !== 'text' && format !== 'json') throw usage(`--format: expected text or json, got "${format}"`)
  },
  async run({ format }, _args, { io, host }) {
    const containerd = await (await host()).version()
    if (format === 'json') io.out(`${stringifyJson({ ...versionFacts(), containerd })}\n`)
    else io.out(`${versionOf('text')}containerd ${printable(containerd.version)} (revision ${printable(containerd.revision)})\n`)
  },
})
