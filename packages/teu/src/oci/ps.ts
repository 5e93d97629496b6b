/** `teu-oci ps`. */

import { stringifyJson } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'
import { runHostPs, selectRows } from './host-ps.ts'
import { outputFormat } from './output-format.ts'

/** Prints the processes of a container: their host pids, or what the host's ps says about them. */
export const ps: OciCommand = defineCommand({
  name: 'ps',
  summary: 'Print the processes of a container',
  synopsis: 'ID [PS OPTIONS]',
  options: { format: { kind: 'text', short: 'f', value: 'FORMAT', help: 'table (default) or json' } },
  notes: 'PS OPTIONS go to the ps of the host (default -ef); they must ask for a PID column.',
  arity: [1, Number.POSITIVE_INFINITY],
  stopAtPositional: true,
  async run({ format }, [id = '', ...psOptions], context) {
    const shape = outputFormat(format)
    const pids = await (await context.container(id)).processes()
    if (shape === 'json') context.io.out(`${stringifyJson(pids)}\n`)
    else context.io.out(selectRows(await runHostPs(psOptions.length > 0 ? psOptions : ['-ef']), new Set(pids)))
  },
})
