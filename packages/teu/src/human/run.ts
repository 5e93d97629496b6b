/** `teu run`: a program in a container of its own, in the foreground. */

import { stringifyJson } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { TeuCommand, TeuContext } from './context.ts'
import { endingNotes, FAILED } from './ending.ts'
import type { RunRequest, RunResult } from './engine.ts'
import { checkRunLine, RUN_OPTIONS, runRequestOf } from './run-options.ts'
import { traceTable } from './trace-table.ts'

/** Runs a program; its exit status becomes the command's. */
export const run: TeuCommand = defineCommand({
  name: 'run',
  summary: 'Run a program in a new container',
  synopsis: '-- COMMAND [ARGUMENTS]',
  options: RUN_OPTIONS,
  notes: `Secure unless told otherwise: own namespaces without network, few capabilities, no new privileges, a seccomp filter.

  teu run --rootfs host -- sh -c 'echo hello from $(hostname)'
  teu run --rootfs ./alpine -it --memory 64m -- sh

Exit status: that of the program, 128 + N when signal N killed it; ${FAILED} when teu failed, 126 when the program
could not be executed, 127 when it was not found.`,
  arity: [0, Number.POSITIVE_INFINITY],
  stopAtPositional: true,
  check: (values, command) => checkRunLine(values, command),
  async run(values, command, context) {
    const { io, engine, root } = context
    const request = runRequestOf(values, command, io)
    const input = request.capture && request.interactive ? { input: io.input() } : undefined
    const result = await engine.run({ ...request, ...input }, root)
    if (request.capture) io.out(`${stringifyJson(jsonReport(result), 2)}\n`)
    else tell(result, request, values.timeout, context)
    return result.status ?? FAILED
  },
})

function tell(result: RunResult, request: RunRequest, timeout: string | undefined, { io, paint }: TeuContext): void {
  if (request.trace) io.err(traceTable(result.trace ?? [], paint))
  for (const note of endingNotes(result, timeout)) io.err(`${paint.bad('teu:')} ${request.command[0] ?? 'the program'}: ${note}\n`)
}

/** The result as it is, without the bytes that its texts were decoded from. */
function jsonReport({ stdoutBytes: _stdout, stderrBytes: _stderr, ...report }: RunResult): object {
  return report
}
