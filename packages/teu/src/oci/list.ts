/** `teu-oci list`. */

import { statSync } from 'node:fs'
import { stringifyJson, TeuError } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import { printable, toTable } from '../cli/table.ts'
import type { OciCommand } from './context.ts'
import { outputFormat } from './output-format.ts'
import { ociStatus, stateDocument } from './state-document.ts'

/** Prints all containers under the state root. */
export const list: OciCommand = defineCommand({
  name: 'list',
  summary: 'Print the containers under the state root',
  synopsis: '',
  options: {
    format: { kind: 'text', short: 'f', value: 'FORMAT', help: 'table (default) or json' },
    quiet: { kind: 'flag', short: 'q', help: 'Print ids only' },
  },
  arity: [0, 0],
  async run({ format, quiet = false }, _args, context) {
    const shape = outputFormat(format)
    const { io, open } = context
    // A root that was named and is not there is a mistake; the default one is made when it is first needed.
    if (open.root !== undefined && statSync(open.root, { throwIfNoEntry: false }) === undefined) {
      throw new TeuError('ERR_TEU_NOT_FOUND', `Cannot list containers: the state root ${open.root} does not exist`, { path: open.root })
    }
    const records = await (await context.containers()).list({
      onBadEntry: ({ id, error }) => io.err(`warning: cannot read container ${printable(id)}: ${printable(error.message)}\n`),
    })
    if (quiet) io.out(records.map(({ id }) => `${id}\n`).join(''))
    else if (shape === 'json') io.out(`${stringifyJson(records.map(stateDocument))}\n`)
    else {
      const rows = records.map((record) => {
        const { id, status, bundle, created, owner, initPid = 0 } = record
        return [id, String(ociStatus(status) === 'stopped' ? 0 : initPid), ociStatus(status), bundle, created, owner]
      })
      io.out(toTable([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]))
    }
  },
})
