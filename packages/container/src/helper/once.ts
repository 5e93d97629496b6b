/** One helper process per plan, for the command line: no spawner to start and to stop. Detached plans (create, exec -d, kill …) run
 *  synchronously; supervised ones (foreground run and exec) leave the event loop free for signals. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable, Stream, Writable } from 'node:stream'
import { encodeControl, encodePlan, findInitBinary, type Frame, FrameReader, type Plan } from '@teu/init'
import { TeuError } from '@teu/spec'
import type { Submission, SubmitOptions, Transport } from './transport.ts'

export interface OnceOptions {
  /** Directory for the request and the status file while the helper runs: 0700 and ours. */
  readonly directory: string
  /** Descriptor numbers of this process that teu-init finds at 6, 7, … for `adopt` steps. */
  readonly extraFds?: readonly number[]
  /** Where the container's inherited streams come from. */
  readonly stdio?: readonly [StdioChoice, StdioChoice, StdioChoice]
}

type StdioChoice = number | 'ignore'

/** First descriptor number in teu-init for {@link OnceOptions.extraFds}. */
export const FIRST_EXTRA_FD = 6

/** One plan per helper, so the number does not matter. */
const TAG = 1

let counter = 0

export class OnceTransport implements Transport {
  readonly #options: OnceOptions

  constructor(options: OnceOptions) {
    this.#options = options
  }

  openPipes(): Promise<{ tag: number; fds: number[] }> {
    return Promise.reject(new TeuError('ERR_TEU_UNSUPPORTED', 'Cannot connect pipes to a container from the command line'))
  }

  submit({ plan, trace, onFrame }: SubmitOptions): Submission {
    const files = new RequestFiles(this.#options.directory, encodePlan(plan, { tag: TAG, trace: trace ?? false }))
    return staysInForeground(plan) ? this.#supervised(files, plan, onFrame) : this.#detached(files, onFrame)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #detached(files: RequestFiles, onFrame: (frame: Frame) => void): Submission {
    const { stdio, extraFds = [] } = this.#options
    const done = (async () => {
      const result = spawnSync(findInitBinary(), ['once'], {
        argv0: 'teu-init',
        env: {},
        stdio: [...(stdio ?? [0, 1, 2]), files.request, files.status, 'ignore', ...extraFds],
      })
      const finished = files.deliver(onFrame)
      if (result.error) throw helperGone(result.error.message)
      if (!finished) throw helperGone(`it ended with ${result.signal ?? `exit code ${result.status}`}`)
    })()
    done.catch(() => undefined)
    return { done, signal: nothing, resize: nothing, release: nothing, ref: nothing, unref: nothing }
  }

  #supervised(files: RequestFiles, plan: Plan, onFrame: (frame: Frame) => void): Submission {
    const { stdio, extraFds = [] } = this.#options
    const child = spawn(findInitBinary(), ['once'], {
      argv0: 'teu-init',
      env: {},
      // A session of its own: what the terminal sends to our process group must reach the container once, through us.
      detached: true,
      stdio: [...(stdio ?? [0, 1, 2]), files.request, 'pipe', 'pipe', ...extraFds],
    })
    files.close()
    const stopForwarding = forwardsSignals(plan) ? forwardSignals(child) : nothing
    const reader = new FrameReader()
    const done = new Promise<void>((resolve, reject) => {
      const status = child.stdio[4] as Readable
      status.on('data', (chunk: Buffer) => {
        for (const frame of reader.push(chunk)) {
          onFrame(frame)
          if (frame.kind === 'done') resolve()
        }
      })
      // Bun reports the end of the process before it has read everything that the process has written.
      const drained = new Promise((end) => status.once('close', end).once('end', end))
      child.once('error', (error) => reject(helperGone(error.message)))
      child.once('exit', (code, signal) => {
        void drained.then(() => reject(helperGone(`it ended with ${signal ?? `exit code ${code}`}`)))
      })
    })
    done.catch(nothing).finally(stopForwarding)
    // End of file on its control channel tells the helper that nobody waits any more. The types know five streams only.
    const channel = (child.stdio as readonly (Stream | null | undefined)[])[5] as Writable | undefined
    channel?.on('error', nothing)
    const control = (what: 'signal' | 'resize', a: number, b = 0): void => void channel?.write(encodeControl({ tag: TAG, what, a, b }))
    return {
      done,
      signal: (number) => control('signal', number),
      resize: (rows, columns) => control('resize', rows, columns),
      release: () => channel?.destroy(),
      ref: () => child.ref(),
      unref: () => child.unref(),
    }
  }
}

function forwardsSignals(plan: Plan): boolean {
  const last = plan.parent.at(-1)
  return last?.op === 'supervise' && last.forwardSignals
}

/** Signals that are a process's own affair, or that nobody can catch. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGURG', 'SIGPIPE', 'SIGPROF', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGSYS', 'SIGABRT', 'SIGIOT',
])

/** Passes every signal on to the helper, which passes it on to the program (SIGWINCH makes it look at the terminal's size).
 *  @returns  a function that ends it */
function forwardSignals(child: ChildProcess): () => void {
  const handlers: [NodeJS.Signals, () => void][] = []
  for (const name of Object.keys(constants.signals) as NodeJS.Signals[]) {
    if (NOT_FORWARDED.has(name)) continue
    const handler = (): void => void child.kill(name)
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

/** The request and the status of one helper as files: a synchronous child cannot be talked to over pipes without a deadlock. */
class RequestFiles {
  readonly request: number
  readonly status: number
  readonly #statusPath: string

  constructor(directory: string, bytes: Uint8Array) {
    counter += 1
    const stem = `${directory}/.${process.pid}.${counter}`
    writeFileSync(`${stem}.plan`, bytes, { flag: 'wx', mode: 0o600 })
    this.request = openSync(`${stem}.plan`, 'r')
    unlinkSync(`${stem}.plan`)
    this.#statusPath = `${stem}.status`
    this.status = openSync(this.#statusPath, 'ax+', 0o600)
  }

  /** Hands over all frames of a helper that has ended; false when the last one is missing. */
  deliver(onFrame: (frame: Frame) => void): boolean {
    let finished = false
    for (const frame of new FrameReader().push(readFileSync(this.#statusPath))) {
      onFrame(frame)
      if (frame.kind === 'done' || ((frame.kind === 'created' || frame.kind === 'started') && !finished)) finished = true
    }
    this.close()
    return finished
  }

  close(): void {
    closeSync(this.request)
    closeSync(this.status)
    unlinkSync(this.#statusPath)
  }
}

/** Steps that last: while they run, this process has to hear of events, signals and the caller's wish to end. */
const LASTING: ReadonlySet<string> = new Set(['supervise', 'watch_oom', 'watch_pressure', 'notify_proxy', 'wait_process'])

function staysInForeground(plan: Plan): boolean {
  return LASTING.has(plan.parent.at(-1)?.op ?? '')
}

function nothing(): void {
  // A synchronous helper has ended before anybody could ask it for something.
}

function helperGone(reason: string): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `The helper process teu-init is gone: ${reason}`, {
    remedy: 'Check that the file system that holds teu-init is not mounted noexec',
  })
}
