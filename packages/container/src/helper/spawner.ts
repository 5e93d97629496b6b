/** The long-lived helper of a program that uses the library: one `teu-init spawner` forks a stage for each plan, so that a start costs
 *  what the kernel costs and not what starting a process from a large program costs. */

import type { ChildProcess } from 'node:child_process'
import { constants, openSync, unlinkSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import {
  encodeControl,
  encodePipeRequest,
  encodePlan,
  encodeSpareRequest,
  findInitBinary,
  type Frame,
  FrameReader,
  isForSpare,
} from '@teu/init'
import { TeuError } from '@teu/spec'
import type { PipeRequest, Submission, SubmitOptions, Transport } from './transport.ts'

interface Pending {
  readonly onFrame: (frame: Frame) => void
  readonly finish: () => void
  readonly fail: (error: Error) => void
  /** A spare could run another one like it. */
  readonly suitsSpare?: boolean
  referenced: boolean
}

/** How long a spare is kept for a plan that may come. */
const SPARE_KEEP_MS = 10_000

/** Frames of a plan go to whoever submitted it; a plan's tag is never used again. */
export class SpawnerTransport implements Transport {
  readonly #child: ChildProcess
  readonly #channel: Duplex & { ref?(): void; unref?(): void }
  readonly #reader = new FrameReader()
  readonly #pending = new Map<number, Pending>()
  #nextTag = 1
  #failure: Error | undefined

  /** Starts the helper. `stdio` are the descriptors that containers with inherited streams get; default the program's own.
   *  `extraFds` can be adopted by plans as {@link FIRST_EXTRA_FD} and up. */
  constructor(stdio: readonly [number, number, number] = [0, 1, 2], extraFds: readonly number[] = []) {
    // Loaded with the first spawner: on Bun this module and its streams cost a command line, which has none, most of a millisecond.
    const { spawn } = process.getBuiltinModule('node:child_process')
    this.#child = spawn(findInitBinary(), ['spawner'], {
      argv0: 'teu-init',
      stdio: [...stdio, 'pipe', ...extraFds],
      env: {},
      cwd: '/',
      detached: true,
    })
    this.#channel = this.#child.stdio[3] as Duplex
    this.#channel.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#channel.on('error', (error) => this.#broken(error))
    this.#child.on('error', (error) => this.#broken(error))
    this.#child.on('exit', (code, signal) => this.#broken(new Error(`it ended with ${signal ?? `exit code ${code}`}`)))
    this.#child.unref()
    this.#channel.unref?.()
  }

  /** False when the helper has died; a new one is needed then. */
  get usable(): boolean {
    return this.#failure === undefined
  }

  /** Number of plans under way. */
  get busy(): number {
    return this.#pending.size
  }

  async openPipes(requests: readonly PipeRequest[]): Promise<{ tag: number; fds: number[] }> {
    const tag = this.#takeTag()
    const fds: number[] = []
    await new Promise<void>((resolve, reject) => {
      let ready = 0
      const onFrame = (frame: Frame): void => {
        if (frame.kind === 'failed') reject(new TeuError('ERR_TEU_SYSTEM', `Cannot make the pipe ${frame.path}: ${frame.errno}`))
        else if (frame.kind === 'pipe_ready' && ++ready === requests.length) resolve()
      }
      this.#add(tag, { onFrame, finish: resolve, fail: reject, referenced: true })
      for (const request of requests) this.#channel.write(encodePipeRequest({ tag, ...request }))
    }).finally(() => this.#remove(tag))
    for (const { path, containerReads } of requests) {
      fds.push(openPipeEnd(path, containerReads))
      unlinkSync(path)
    }
    return { tag, fds }
  }

  submit({ plan, encoded, trace, onFrame, tag = this.#takeTag() }: SubmitOptions & { tag?: number }): Submission {
    const request = encoded === undefined || trace === true ? encodePlan(plan(), { tag, trace: trace ?? false }) : withTag(encoded, tag)
    const done = new Promise<void>((resolve, reject) => {
      if (this.#failure) reject(this.#failure)
      else this.#add(tag, { onFrame, finish: resolve, fail: reject, suitsSpare: isForSpare(request), referenced: true })
    })
    // Whoever only listens to frames must not be killed by an unhandled rejection; `done` itself still rejects for those who wait.
    done.catch(() => undefined)
    if (!this.#failure) this.#channel.write(request)
    const control = (what: 'signal' | 'resize' | 'release', a = 0, b = 0): void => {
      if (this.#pending.has(tag)) this.#channel.write(encodeControl({ tag, what, a, b }))
    }
    return {
      done,
      signal: (number) => control('signal', number),
      resize: (rows, columns) => control('resize', rows, columns),
      release: () => control('release'),
      ref: () => this.#setReferenced(tag, true),
      unref: () => this.#setReferenced(tag, false),
    }
  }

  /** Ends the helper; containers bound to it end with it. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.ref()
    this.#channel.end()
    await ended
    this.#channel.destroy()
  }

  #takeTag(): number {
    const tag = this.#nextTag
    this.#nextTag = tag === 0xffff_ffff ? 1 : tag + 1
    return tag
  }

  #add(tag: number, pending: Pending): void {
    this.#pending.set(tag, pending)
    this.#updateReference()
  }

  #remove(tag: number): void {
    this.#pending.delete(tag)
    this.#updateReference()
  }

  #setReferenced(tag: number, referenced: boolean): void {
    const pending = this.#pending.get(tag)
    if (pending) pending.referenced = referenced
    this.#updateReference()
  }

  #updateReference(): void {
    for (const pending of this.#pending.values()) if (pending.referenced) return this.#channel.ref?.()
    this.#channel.unref?.()
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#reader.push(chunk)) {
      const pending = this.#pending.get(frame.tag)
      if (pending === undefined) continue
      pending.onFrame(frame)
      if (frame.kind === 'done') {
        this.#remove(frame.tag)
        pending.finish()
        if (pending.suitsSpare === true) this.#prepareSpare()
      }
    }
  }

  /** Between two plans there is time to get ready for the next one. While others run it would only take their time. */
  #prepareSpare(): void {
    if (this.#pending.size === 0) this.#channel.write(encodeSpareRequest(SPARE_KEEP_MS))
  }

  #broken(cause: Error): void {
    if (this.#failure) return
    this.#failure = new TeuError('ERR_TEU_SYSTEM', `The helper process teu-init is gone: ${cause.message}`, { cause })
    for (const pending of this.#pending.values()) pending.fail(this.#failure)
    this.#pending.clear()
    this.#updateReference()
  }
}

/** Sets the tag of an encoded request (protocol.md). */
function withTag(encoded: Uint8Array, tag: number): Uint8Array {
  const TAG_OFFSET = 16
  new DataView(encoded.buffer, encoded.byteOffset).setUint32(TAG_OFFSET, tag, true)
  return encoded
}

/** First descriptor number in a spawner for extra descriptors. */
export const FIRST_EXTRA_FD = 4

let shared: SpawnerTransport | undefined

/** The spawner of this program, started at first use and again after it died. */
export function sharedSpawner(): SpawnerTransport {
  if (shared?.usable !== true) shared = new SpawnerTransport()
  return shared
}

/** Opens this process's end of a FIFO that teu-init holds open both ways, so that neither kind of open can block. */
export function openPipeEnd(path: string, containerReads: boolean): number {
  // Bun's writer waits in a thread.
  const nonBlocking = containerReads && process.versions['bun'] !== undefined ? 0 : constants.O_NONBLOCK
  return openSync(path, (containerReads ? constants.O_WRONLY : constants.O_RDONLY) | nonBlocking | constants.O_NOFOLLOW)
}
