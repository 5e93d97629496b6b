/** `teu run` with a daemon: a program in a container of the daemon. */

import { FAILED } from '../human/ending.ts'
import { defineHostCommand, type HostCommand, type HostContext } from './context.ts'
import { checkTerminal, runForeground } from './foreground.ts'
import type { NewContainer } from './host.ts'
import { tellEnding } from './tell-ending.ts'
import { parseDurationMs } from '../cli/quantities.ts'
import { checkHostRunLine, HOST_RUN_OPTIONS, hostRunRequestOf, type HostRunValues } from './run-options.ts'
import { interruptible, type SignalRelay } from './signal-relay.ts'
import { withSuppressed } from './with-suppressed.ts'

/** Runs a program; its exit status becomes the command's. */
export const run: HostCommand = defineHostCommand({
  name: 'run',
  summary: 'Run a program in a new container',
  synopsis: 'IMAGE [COMMAND] [ARGUMENTS]',
  options: HOST_RUN_OPTIONS,
  notes: `The image must be there: see "teu images import". Secure unless told otherwise, as without a daemon.

  teu run alpine echo hello
  teu run -it --memory 64m alpine sh
  teu run --rootfs ./alpine -- sh -c 'echo hello'
  teu run --detach --name web nginx

Exit status: that of the program, 128 + N when signal N killed it; ${FAILED} when teu or the daemon failed, 126 when the program
could not be executed, 127 when it was not found.`,
  arity: [0, Number.POSITIVE_INFINITY],
  stopAtPositional: true,
  check: (values, args) => checkHostRunLine(values, args),
  run: (values, args, context) => interruptible(context.console, (relay) => perform(values, args, context, relay)),
})

async function perform(values: HostRunValues, args: readonly string[], context: HostContext, relay: SignalRelay): Promise<number> {
  const { io, console, host: connect } = context
  const { detach = false, tty: terminal = false, interactive = false, timeout, rm = !detach } = values
  const request = hostRunRequestOf(values, args, io, terminal ? console.size() : undefined)
  const timeoutMs = timeout === undefined ? undefined : parseDurationMs('timeout', timeout)
  checkTerminal(console, { terminal, interactive })
  const host = await connect()
  const container = await host.create(request, relay.signal)
  try {
    if (detach) {
      await container.process.start({}, relay.signal)
      io.out(`${container.id}\n`)
      return 0
    }
    const ending = await runForeground(container.process, { terminal, interactive, timeoutMs }, console, relay)
    tellEnding(args[0] ?? container.id, ending, timeout, context)
    if (rm) await removeAfterwards(container, context)
    return ending.exitCode
  } catch (error) {
    // A program that runs is left alone by whoever was to keep its container.
    if (relay.isPassing && !rm) throw error
    throw await removeAfterFailure(container, error)
  }
}

/** The program has done its work: what is left of its container is no reason to call it failed. */
async function removeAfterwards(container: NewContainer, { warn }: HostContext): Promise<void> {
  try {
    await container.remove()
  } catch (error) {
    warn(error)
  }
}

/** Nothing has run, or nobody knows how it went on. @returns the failure */
async function removeAfterFailure(container: NewContainer, failure: unknown): Promise<Error> {
  try {
    await container.remove()
    return failure as Error
  } catch (error) {
    return withSuppressed(failure, error)
  }
}
