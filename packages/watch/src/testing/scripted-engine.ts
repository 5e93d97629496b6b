/** An engine for tests, whose every step can be held, and whose events can be lost, doubled and late. */

import { TeuError, type Deferred, deferred } from '@teu/spec'
import { type EngineClient, type EngineEvent, type ListOptions, NotAliveError } from '../engine-client.ts'
import { type Container, containerOf } from '../picture/container.ts'

/** The engine comes by these in turn; `inspected` and `listed` are after it has looked, before it answers. */
export type Step = 'attempt' | 'subscribe' | 'list' | 'listed' | 'inspect' | 'inspected'

/** A step that is held. */
export interface Hold {
  readonly reached: Promise<void>
  release(): void
  fail(error: Error): void
}

interface Life {
  pid: number
  paused: boolean
  name: string
  labels: Record<string, string>
  startedAt: Date
}

class Stream implements AsyncIterable<EngineEvent> {
  readonly waiting: EngineEvent[] = []
  #error: Error | undefined
  #wake: Deferred<void> = deferred()

  push(event: EngineEvent): void {
    this.waiting.push(event)
    this.#wake.resolve()
  }

  fail(error: Error): void {
    this.#error ??= error
    this.#wake.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EngineEvent> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      const event = this.waiting.shift()
      if (event !== undefined) yield event
      else {
        await this.#wake.promise
        this.#wake = deferred()
      }
    }
  }
}

/** Past events that are kept for new subscribers. */
const MOST_PAST = 256

/** See the head of this file. Containers are called by their ids; names are the same unless renamed. */
export class ScriptedEngine implements EngineClient<string> {
  readonly type: string = 'scripted'
  readonly api: string
  pid: number = 42
  readonly client = 'the client below'
  readonly lives = new Map<string, Life>()
  readonly exitCodes = new Map<string, number>()
  readonly calls: string[] = []
  /** Containers of which it cannot tell whether they are alive. */
  readonly unknown = new Set<string>()
  /** Containers that its lists leave out. */
  readonly leftOut = new Set<string>()
  unsureForMs: number | undefined
  /** Refuses everything while true. */
  down = false
  /** Number of past events that a new subscriber gets again. */
  replay = 0
  /** Exits carry their pid, as containerd's do. */
  exitsHavePids = false
  disposed = 0
  #now = 1_000
  #nextPid = 100
  readonly #past: EngineEvent[] = []
  readonly #streams = new Set<Stream>()
  readonly #holds = new Map<Step, { gate: Deferred<void>; reached: Deferred<void> }[]>()

  readonly #id: string

  constructor(api: string = 'unix:///scripted', id: string = 'scripted-1') {
    this.api = api
    this.#id = id
  }

  /** Stops the engine the next time it comes by. */
  hold(step: Step): Hold {
    const [gate, reached] = [deferred(), deferred()]
    this.#holds.set(step, [...(this.#holds.get(step) ?? []), { gate, reached }])
    return { reached: reached.promise, release: () => gate.resolve(), fail: (error) => gate.reject(error) }
  }

  /** Connections at this moment. */
  get connections(): number {
    return this.#streams.size
  }

  start(id: string, labels: Record<string, string> = {}): Life {
    const life = { pid: this.#nextPid++, paused: false, name: id, labels, startedAt: this.#tick() }
    this.lives.set(id, life)
    this.emit({ type: 'started', id, timestamp: this.#tick() })
    return life
  }

  die(id: string, exitCode: number = 0): void {
    const pid = this.lives.get(id)?.pid
    this.lives.delete(id)
    this.exitCodes.set(id, exitCode)
    this.emit({ type: 'exited', id, timestamp: this.#tick(), exitCode, pid: this.exitsHavePids ? pid : undefined })
  }

  pause(id: string, paused: boolean = true): void {
    const life = this.lives.get(id)
    if (life === undefined) return
    life.paused = paused
    this.emit({ type: paused ? 'paused' : 'unpaused', id, timestamp: this.#tick() })
  }

  rename(id: string, name: string): void {
    const life = this.lives.get(id)
    if (life === undefined) return
    life.name = name
    this.emit({ type: 'updated', id, timestamp: this.#tick() })
  }

  /** An event of any kind, true or not. */
  emit(event: EngineEvent): void {
    this.#past.push(event)
    if (this.#past.length > MOST_PAST) this.#past.shift()
    for (const stream of this.#streams) stream.push(event)
  }

  /** Cuts all connections; events that have not been read are lost. */
  cut(error: Error = new Error('connection cut')): void {
    for (const stream of this.#streams) {
      stream.waiting.length = 0
      stream.fail(error)
    }
    this.#streams.clear()
  }

  /** Ids, pids, names and pauses: what a watcher should see. */
  picture(): string[] {
    return [...this.lives].map(([id, { pid, name, paused }]) => `${id} ${pid} ${name}${paused ? ' paused' : ''}`).sort()
  }

  async attempt({ signal }: { signal: AbortSignal }): Promise<void> {
    await this.#pass('attempt', signal)
  }

  id(): Promise<string> {
    return Promise.resolve(this.#id)
  }

  version(): Promise<string> {
    return Promise.resolve('1.0')
  }

  async lifecycleEvents({ signal }: { signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>> {
    await this.#pass('subscribe', signal)
    const stream = new Stream()
    this.#streams.add(stream)
    for (const event of this.#past.slice(this.#past.length - this.replay)) stream.push(event)
    signal.addEventListener('abort', () => {
      this.#streams.delete(stream)
      stream.fail(signal.reason as Error)
    })
    return stream
  }

  async list({ signal, unknown }: ListOptions = {}): Promise<Container[]> {
    await this.#pass('list', signal)
    const found: Container[] = []
    // One look per container, as with Docker.
    for (const id of this.lives.keys()) {
      await Promise.resolve()
      if (this.unknown.has(id)) unknown?.(id)
      else if (this.lives.has(id) && !this.leftOut.has(id)) found.push(this.#container(id))
    }
    await this.#pass('listed', signal)
    return found
  }

  async inspect(id: string, { signal }: { signal?: AbortSignal } = {}): Promise<Container> {
    await this.#pass('inspect', signal)
    const container = this.lives.has(id) ? this.#container(id) : undefined
    const exitCode = this.exitCodes.get(id)
    const isUnknown = this.unknown.has(id)
    await this.#pass('inspected', signal)
    if (isUnknown) throw new TeuError('ERR_TEU_RUNTIME', `The state of ${id} is not known`)
    if (container === undefined) throw new NotAliveError(id, exitCode)
    return container
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed++
    this.cut()
  }

  async #pass(step: Step, signal: AbortSignal | undefined): Promise<void> {
    this.calls.push(step)
    const held = this.#holds.get(step)?.shift()
    if (held !== undefined) {
      held.reached.resolve()
      const abort = (): void => held.gate.reject(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      await held.gate.promise
      signal?.removeEventListener('abort', abort)
    }
    signal?.throwIfAborted()
    if (this.down) throw new TeuError('ERR_TEU_SYSTEM', 'Cannot reach the scripted engine', { syscall: 'connect', errno: 'ECONNREFUSED' })
  }

  #container(id: string): Container {
    const life = this.lives.get(id)
    if (life === undefined) throw new NotAliveError(id)
    const engine = { type: this.type, id: this.#id, api: this.api, pid: this.pid }
    return containerOf({ id, ...life, labels: { ...life.labels }, engine })
  }

  #tick(): Date {
    return new Date(this.#now++)
  }
}
