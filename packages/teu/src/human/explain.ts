/** `teu explain`: what a run would do. */

import { defineCommand } from '../cli/command.ts'
import { usage } from '../cli/parse.ts'
import type { TeuCommand } from './context.ts'
import { checkRunLine, RUN_OPTIONS, runRequestOf } from './run-options.ts'

/** Prints the plan of a run: every step in order, with what asked for it. Changes nothing. */
export const explain: TeuCommand = defineCommand({
  name: 'explain',
  summary: 'Print what run would do with the same options, step by step, and do nothing',
  synopsis: '-- COMMAND [ARGUMENTS]',
  options: {
    ...RUN_OPTIONS,
    format: { kind: 'text', value: 'FORMAT', help: 'text (default) or json' },
    'show-env': { kind: 'flag', help: 'Show the values of environment variables too' },
  },
  arity: [0, Number.POSITIVE_INFINITY],
  stopAtPositional: true,
  check: (values, command) => checkRunLine(values, command),
  async run({ format = 'text', 'show-env': showEnv = false, ...values }, command, { io, engine, root }) {
    if (format !== 'text' && format !== 'json') throw usage(`--format: expected text or json, got "${format}"`)
    io.out(await engine.explain(runRequestOf(values, command, io), root, { format, showEnv }))
  },
})
