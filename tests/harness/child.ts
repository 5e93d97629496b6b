/** A running program whose output lines can be waited for. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { patience } from './wait.ts'

/** How a program ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Lines of a stream, kept from the beginning, so that waiting for one that has already come is fine. */
export class Lines {
  readonly seen: string[] = []
  #rest = ''
  #ended = false
  #wake: (() => void)[] = []

  constructor(stream: Readable) {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      const parts = (this.#rest + chunk).split('\n')
      this.#rest = parts.pop() ?? ''
      this.seen.push(...parts.map((line) => line.replace(/\r$/, '')))
      this.#notify()
    })
    stream.on('error', () => this.#end())
    stream.on('close', () => this.#end())
    stream.on('end', () => this.#end())
  }

  #end(): void {
    this.#ended = true
    this.#notify()
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** Everything so far, the unfinished last line too. */
  get text(): string {
    return [...this.seen, this.#rest].join('\n')
  }

  /** Resolves with the first line that passes. Rejects when the stream ends or `timeoutMs` pass without one. */
  async waitFor(matches: (line: string) => boolean, timeoutMs: number = 15_000): Promise<string> {
    const deadline = AbortSignal.timeout(timeoutMs * patience)
    deadline.addEventListener('abort', () => this.#notify(), { once: true })
    for (let next = 0; ; ) {
      for (; next < this.seen.length; next++) {
        const line = this.seen[next] ?? ''
        if (matches(line)) return line
      }
      if (this.#ended) throw new Error(`the output ended without the expected line: ${JSON.stringify(this.text)}`)
      if (deadline.aborted) throw new Error(`no such line after ${timeoutMs} ms: ${JSON.stringify(this.text)}`)
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }
}

/** A child process with lines on stdout and stderr; disposing kills it. */
export class Child implements AsyncDisposable {
  readonly process: ChildProcess
  readonly stdout: Lines
  readonly stderr: Lines
  readonly ended: Promise<Ending>

  constructor(command: readonly string[], options: SpawnOptions = {}) {
    const [file = '', ...args] = command
    this.process = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options })
    const { stdout, stderr } = this.process
    if (stdout === null || stderr === null) throw new TypeError('a Child needs pipes for stdout and stderr')
    this.stdout = new Lines(stdout)
    this.stderr = new Lines(stderr)
    this.ended = once(this.process, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }))
    this.ended.catch(() => undefined)
    this.process.stdin?.on('error', () => undefined)
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('the program could not be started')
    return this.process.pid
  }

  /** Sends text to stdin. */
  write(text: string): void {
    this.process.stdin?.write(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null && this.process.pid !== undefined) {
      this.process.kill('SIGKILL')
      await this.ended
    }
    for (const stream of [this.process.stdin, this.process.stdout, this.process.stderr]) stream?.destroy()
  }
}
