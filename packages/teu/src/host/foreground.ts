/** A program that the caller talks to: its streams, terminal and signals, until its end. */

import { usage } from '../cli/parse.ts'
import type { Console } from './console.ts'
import type { ExitInfo, HostProcess } from './host.ts'
import { OutputRelay } from './output-relay.ts'
import { isGone, type SignalRelay } from './signal-relay.ts'

/** How to connect it. */
export interface ForegroundOptions {
  readonly terminal: boolean
  /** Connect stdin. */
  readonly interactive: boolean
  readonly timeoutMs?: number | undefined
}

/** How it ended. */
export interface Ending extends ExitInfo {
  readonly timedOut: boolean
}

/** @throws {TeuError} ERR_TEU_USAGE for `-it` in a pipe: nothing would come of what is typed */
export function checkTerminal(console: Pick<Console, 'isTerminal'>, { terminal, interactive }: ForegroundOptions): void {
  if (terminal && interactive && !console.isTerminal('stdin')) {
    throw usage('--tty with --interactive: the input is not a terminal', 'Leave out --tty, or --interactive')
  }
}

/** Starts a program and stays until it has ended and all that it wrote is out.
 *  @throws {TeuError} as the start of the program; ERR_TEU_UNAVAILABLE when a signal cannot be delivered because the daemon is away */
export async function runForeground(
  process: HostProcess,
  options: ForegroundOptions,
  console: Console,
  relay: SignalRelay,
): Promise<Ending> {
  const { terminal, interactive, timeoutMs } = options
  const trouble = new Trouble()
  const kill = (name: string): void => trouble.unless(process.kill(name))
  const outputs = (terminal ? (['stdout'] as const) : (['stdout', 'stderr'] as const)).map((name) => new OutputRelay(console.output(name)))
  // Whoever reads no more would stop a program of this machine by SIGPIPE.
  for (const output of outputs) output.once('error', () => kill('SIGKILL'))
  const [stdout, stderr] = outputs
  const stdin = interactive ? console.input() : undefined
  const isRaw = terminal && interactive
  const cleanUp: (() => void)[] = []
  try {
    if (isRaw) {
      console.setRaw(true)
      cleanUp.push(() => console.setRaw(false))
    }
    const size = terminal ? console.size() : undefined
    relay.hold()
    await process.start(
      { ...(stdin && { stdin }), ...(stdout && { stdout }), ...(stderr && { stderr }), ...(size && { size }) },
      relay.signal,
    )
    relay.passTo(kill)
    if (terminal) cleanUp.push(console.onResize(() => follow(process, console)))
    let timedOut = false
    if (timeoutMs !== undefined) {
      const timer = setTimeout(() => {
        timedOut = true
        kill('SIGKILL')
      }, timeoutMs)
      cleanUp.push(() => clearTimeout(timer))
    }
    const ended = process.ended().finally(() => {
      for (const output of outputs) output.takeAll()
    })
    ended.catch(() => undefined)
    const exit = await Promise.race([process.wait(), trouble.happened])
    await Promise.all(outputs.map((output) => output.flushed()))
    return { ...exit, timedOut }
  } finally {
    stdin?.unpipe()
    stdin?.pause()
    for (const step of cleanUp) step()
  }
}

/** Failures of what is done beside the waiting. */
class Trouble {
  readonly happened: Promise<never>
  #fail!: (error: unknown) => void

  constructor() {
    this.happened = new Promise((_resolve, reject) => {
      this.#fail = reject
    })
    this.happened.catch(() => undefined)
  }

  /** A program that has ended meanwhile is none. */
  unless(action: Promise<void>): void {
    action.catch((error: unknown) => {
      if (!isGone(error)) this.#fail(error)
    })
  }
}

/** A size that could not be set is followed by the next one, or by the end. */
function follow(process: HostProcess, console: Console): void {
  const size = console.size()
  if (size !== undefined) process.resize(size).catch(() => undefined)
}
