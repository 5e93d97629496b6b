/** Signals that this process gets and that are meant for the program in the container. */

import { signalName } from '@teu/spec'

/** Highest number of a signal that has a name of its own. */
const LAST_NAMED = 31
/** A process's own affair, or not to be caught. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'SIGKILL',
  'SIGSTOP',
  'SIGCHLD',
  'SIGURG',
  'SIGPIPE',
  'SIGPROF',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGTRAP',
  'SIGSYS',
  'SIGABRT',
])

/** Passes every signal on to a helper, which passes it on to the program (SIGWINCH makes it look at the terminal's size).
 *  @returns  a function that ends it */
export function forwardSignals(kill: (signal: NodeJS.Signals) => void): () => void {
  const handlers: [NodeJS.Signals, () => void][] = []
  for (let number = 1; number <= LAST_NAMED; number++) {
    const name = signalName(number) as NodeJS.Signals
    if (NOT_FORWARDED.has(name)) continue
    const handler = (): void => kill(name)
    try {
      process.on(name, handler)
      handlers.push([name, handler])
    } catch {
      // The engine keeps this one for itself.
    }
  }
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler)
  }
}
