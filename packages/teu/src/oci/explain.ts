/** `teu-oci explain`. */

import { defineCommand } from '../cli/command.ts'
import { usage } from '../cli/parse.ts'
import type { OciCommand } from './context.ts'
import { CREATE_OPTIONS, createOptionsOf } from './create-options.ts'

/** Prints the plan of a bundle: every step that `create` would take, in order. Changes nothing. */
export const explain: OciCommand = defineCommand({
  name: 'explain',
  summary: 'Print what create would do with a bundle, step by step, and do nothing',
  synopsis: '[ID]',
  options: {
    ...CREATE_OPTIONS,
    format: { kind: 'text', value: 'FORMAT', help: 'text (default) or json' },
    'show-env': { kind: 'flag', help: 'Show the values of environment variables too' },
  },
  arity: [0, 1],
  async run(values, [id = 'explain'], context) {
    const { format = 'text', 'show-env': showEnv = false } = values
    if (format !== 'text' && format !== 'json') throw usage(`--format: expected text or json, got "${format}"`)
    const options = createOptionsOf(values, context)
    context.io.out(await context.library.explain(id, { ...options, open: context.open }, { format, showEnv }))
  },
})
