/** `teu-oci wait`. */

import { stringifyJson } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import { usage } from '../cli/parse.ts'
import type { OciCommand } from './context.ts'
import { exitStatusOf } from './exit-status.ts'

/** Waits for the end of a container's program and prints its exit status. */
export const wait: OciCommand = defineCommand({
  name: 'wait',
  summary: 'Wait for the end of a container and print its exit status',
  synopsis: 'ID',
  options: { format: { kind: 'text', short: 'f', value: 'FORMAT', help: 'text (default) or json: the whole exit report' } },
  notes: 'The status is known when somebody was there to see the end; without one, text fails and json has no exitCode.',
  arity: [1, 1],
  async run({ format = 'text' }, [id = ''], context) {
    if (format !== 'text' && format !== 'json') throw usage(`--format: expected text or json, got "${format}"`)
    const report = await (await context.container(id)).wait()
    context.io.out(format === 'json' ? `${stringifyJson(report)}\n` : `${exitStatusOf(report)}\n`)
  },
})
