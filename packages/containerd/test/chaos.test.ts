/**
 * Random operations on twenty containers while the daemon is killed and started again at random moments. In the end the client's picture
 * is the daemon's, every end was told exactly once, what was told of each container is a history that can be, and nothing is left.
 *
 * `TEU_CHAOS_ROUNDS` is how long it goes on (4 when absent; `npm run test:chaos` is 30), `TEU_CHAOS_SEED` repeats a run as far as the
 * machine's timing lets it, `TEU_CHAOS_RUNTIME` is the path of another runtime than runc.
 */

import { subscribe } from 'node:diagnostics_channel'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isTeuError } from '@teu/spec'
import { expect, it } from 'vitest'
import { describeIf } from '../../../tests/harness/requirements.ts'
import { eventually } from '../../../tests/harness/wait.ts'
import type { Containerd, ContainerHandle, Report, StdioOption, TaskEvent } from '../src/index.ts'
import { LegalHistory } from '../src/testing/legal-history.ts'
import { EventLog, fifosBelow, withDaemon, type Daemon } from './support/daemon.ts'
import { pick, seeded } from './support/random.ts'
import { daemonRequirements, runc } from './support/runtimes.ts'
import { Sink } from './support/streams.ts'

const ROUNDS = Number(process.env['TEU_CHAOS_ROUNDS'] ?? 4)
const SEED = Number(process.env['TEU_CHAOS_SEED'] ?? Date.now() % 1_000_000)
// The shim runs elsewhere.
const RUNTIME = resolve(process.env['TEU_CHAOS_RUNTIME'] ?? runc)
const CONTAINERS = 20
const AT_ONCE = 4
const KILL_WITHIN_MS = 900
const OUTAGE_MS = 300
const MAX_NOTES = 200
/** What an operation that does not fit the state, or meets no daemon, may say. */
const EXPECTED = /^ERR_TEU_(NOT_FOUND|ALREADY_EXISTS|INVALID_STATE|NOT_RUNNING|PAUSED|ALREADY_RUNNING|UNAVAILABLE|RUNTIME|TIMEOUT)$/
/** A containerd 1.6 that is killed while it starts a shim forgets it; the container's next start says so in the daemon's words, or runc's. */
const EXPECTED_OF_RUNTIME = /: file exists$|container with given ID already exists/
const PROGRAMS = ['sleep 1000', 'exit 3', 'sleep 0.3; exit 4', 'trap "exit 5" TERM; while :; do echo line; sleep 0.05; done', 'cat']

/** Who was started, by what the calls said. */
interface Started {
  readonly containerId: string
  readonly processId: string
  readonly pid: number
}

class Chaos {
  readonly log = new EventLog()
  readonly started: Started[] = []
  /** Events that cannot follow those before. */
  readonly illegal: string[] = []
  /** Failures of the runtime that nothing here explains. */
  readonly strange: string[] = []
  readonly #histories = new Map<string, LegalHistory>()
  /** What happened to containers beside events, for the story of a failure. */
  readonly notes: { readonly atMs: number; readonly containerId: string | undefined; readonly text: string }[] = []
  readonly #daemon: Daemon
  readonly #client: Containerd
  readonly #random: () => number
  #execs = 0

  constructor(daemon: Daemon, client: Containerd, random: () => number) {
    this.#daemon = daemon
    this.#client = client
    this.#random = random
  }

  /** One operation on every container, some at the same time, while the daemon may be killed. */
  async round(): Promise<void> {
    const ids = Array.from({ length: CONTAINERS }, (_, n) => `c${n}`).sort(() => this.#random() - 0.5)
    const killing = this.#random() < 0.6 ? this.#killLater(this.#random() * KILL_WITHIN_MS) : Promise.resolve()
    const worker = async (): Promise<void> => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) await this.#operate(this.#client.container(id))
    }
    await Promise.all([killing, ...Array.from({ length: AT_ONCE }, worker)])
  }

  /** An event. */
  heard(event: TaskEvent): void {
    const { type, containerId, processId, pid, source } = event
    this.log.record(event)
    this.note(containerId, ['event', type, processId, pid, source].join(' '))
    const history = this.#histories.get(containerId) ?? new LegalHistory()
    this.#histories.set(containerId, history)
    const wrong = history.next(event)
    if (wrong !== undefined) this.illegal.push(`${containerId} ${wrong}`)
  }

  /** Something that went wrong beside a call. */
  readonly reported = (message: unknown): void => {
    const { what, containerId, error } = message as Report
    this.note(containerId, `report: ${what}: ${String(error)}`)
  }

  note(containerId: string | undefined, text: string): void {
    this.notes.push({ atMs: Math.round(performance.now()), containerId, text })
  }

  async #killLater(ms: number): Promise<void> {
    await delay(ms)
    this.note(undefined, 'the daemon is killed')
    await this.#daemon.restart()
    this.note(undefined, 'the daemon serves again')
  }

  async #operate(handle: ContainerHandle): Promise<void> {
    const operations: (() => Promise<unknown>)[] = [
      ...Array<() => Promise<unknown>>(4).fill(() => this.#start(handle)),
      ...Array<() => Promise<unknown>>(4).fill(() => this.#exec(handle)),
      () => handle.signalProcess('init', 'KILL'),
      () => handle.signalProcess('init', 'TERM'),
      () => handle.pause(),
      () => handle.resume(),
      () => handle.deleteTask(),
      () => handle.deleteTask({ force: true }),
      () => handle.summary(),
    ]
    try {
      await pick(this.#random, operations)()
    } catch (error) {
      if (!isTeuError(error) || !EXPECTED.test(error.code)) throw error
      if (error.code === 'ERR_TEU_RUNTIME' && !EXPECTED_OF_RUNTIME.test(error.message)) this.strange.push(error.message)
      this.note(handle.id, [error, ...(error.suppressed ?? [])].map(({ message }) => message).join('; then: '))
      // Otherwise the rest of the round would pass in the same outage.
      if (isTeuError(error, 'ERR_TEU_UNAVAILABLE')) await delay(this.#random() * OUTAGE_MS)
    }
  }

  async #start(handle: ContainerHandle): Promise<void> {
    if ((await handle.task())?.status === 'stopped') await handle.deleteTask()
    const pid = await handle.start({ withStdin: this.#random() < 0.3, stdio: this.#stdio() })
    this.note(handle.id, `started init ${pid}`)
    this.started.push({ containerId: handle.id, processId: 'init', pid })
  }

  async #exec(handle: ContainerHandle): Promise<void> {
    const execId = `e${this.#execs++}`
    const process = this.#daemon.process('/bin/sh', '-c', pick(this.#random, PROGRAMS))
    const pid = await handle.exec(execId, process, { stdio: this.#stdio() })
    this.note(handle.id, `started ${execId} ${pid}`)
    this.started.push({ containerId: handle.id, processId: execId, pid })
  }

  #stdio(): StdioOption {
    return this.#random() < 0.5 ? 'null' : { stdout: new Sink(), stderr: new Sink() }
  }

  /** What somebody who only hears events takes for alive: `c3 init 4711 running`. */
  alive(): string[] {
    const picture = new Map<string, { pid: number | undefined; status: string }>()
    for (const { type, containerId, processId, pid } of this.log.events) {
      const key = `${containerId} ${processId}`
      if (type === 'start' || type === 'exec-started') picture.set(key, { pid, status: 'running' })
      if (type === 'exit') picture.delete(key)
      const known = picture.get(key)
      if ((type === 'paused' || type === 'resumed') && known !== undefined) known.status = type === 'paused' ? 'paused' : 'running'
    }
    return [...picture].map(([key, { pid, status }]) => `${key} ${pid} ${status}`).sort()
  }

  /** The same by asking the daemon. */
  async daemonAlive(): Promise<string[]> {
    const { tasks } = this.#client.services
    const alive: string[] = []
    for (const { id } of (await tasks.list({})).tasks) {
      const handle = this.#client.container(id)
      const init = await handle.task()
      if (init === undefined || init.status === 'stopped') continue
      alive.push(`${id} init ${init.pid} ${init.status}`)
      for (const { pid, execId } of await handle.summary()) if (execId !== undefined) alive.push(`${id} ${execId} ${pid} running`)
    }
    return alive.sort()
  }

  /** What was heard of containers about which two pictures differ. */
  storyOf(told: readonly string[], asked: readonly string[]): string {
    const lines = [...told.filter((line) => !asked.includes(line)), ...asked.filter((line) => !told.includes(line))]
    const ids = new Set(lines.map((line) => line.split(' ')[0]))
    const notes = this.notes.filter(({ containerId }) => containerId === undefined || ids.has(containerId)).slice(-MAX_NOTES)
    return notes.map(({ atMs, containerId = '', text }) => `${atMs} ${containerId} ${text}`).join('\n')
  }

  /** Containers whose last task was not told to be deleted. */
  unfinished(): string[] {
    return [...this.#histories].filter(([, history]) => !history.isOver).map(([id]) => `${id} `)
  }

  exitsOf({ containerId, processId, pid }: Started): TaskEvent[] {
    return this.log.of(containerId, 'exit', processId).filter((event) => event.pid === pid)
  }
}

/** Without the execs of paused containers. One that was killed, because its start had failed, ends when it is resumed; until then the daemon
 *  counts it. */
function comparable(picture: readonly string[], asked: readonly string[]): string[] {
  const paused = new Set(asked.filter((line) => / init \d+ paus/.test(line)).map((line) => line.split(' ')[0]))
  return picture.filter((line) => !paused.has(line.split(' ')[0]) || line.includes(' init '))
}

describeIf('chaos', daemonRequirements, () => {
  it(
    `${ROUNDS} rounds with seed ${SEED}`,
    ({ task }) =>
      withDaemon(RUNTIME, task.timeout, async (daemon) => {
        daemon.mayLoseShims = true
        const random = seeded(SEED)
        const client = await daemon.client({ onEvent: (event) => chaos.heard(event), drainTimeoutMs: 500 })
        const chaos = new Chaos(daemon, client, random)
        subscribe('teu:containerd', chaos.reported)
        for (let n = 0; n < CONTAINERS; n += 1) await client.create(`c${n}`, daemon.script(pick(random, PROGRAMS)))
        for (let round = 0; round < ROUNDS; round += 1) await chaos.round()

        await eventually('the connection', () => client.version().catch(() => undefined), 10_000)
        let told: string[] = []
        let asked: string[] = []
        await eventually(
          'one picture',
          async () => {
            asked = await chaos.daemonAlive()
            told = comparable(chaos.alive(), asked)
            asked = comparable(asked, asked)
            return JSON.stringify(told) === JSON.stringify(asked) ? true : undefined
          },
          15_000,
        ).catch(() => expect(told, chaos.storyOf(told, asked)).toEqual(asked))
        const alive = chaos.alive()
        const dead = chaos.started.filter(
          ({ containerId, processId, pid }) => !alive.some((line) => line.startsWith(`${containerId} ${processId} ${pid} `)),
        )
        for (const run of dead) expect(chaos.exitsOf(run), JSON.stringify(run)).toHaveLength(1)

        for (const { id } of await client.list()) {
          await client.deleteTask(id, { force: true })
          await client.delete(id)
        }
        await eventually('all ends', () => (chaos.alive().length === 0 ? true : undefined), 10_000).catch(() =>
          expect(chaos.alive()).toEqual([]),
        )
        await eventually('all deletions', () => (chaos.unfinished().length === 0 ? true : undefined), 10_000).catch(() =>
          expect(chaos.unfinished(), chaos.storyOf(chaos.unfinished(), [])).toEqual([]),
        )
        for (const run of chaos.started) expect(chaos.exitsOf(run), JSON.stringify(run)).toHaveLength(1)
        expect(chaos.illegal, chaos.storyOf(chaos.illegal, [])).toEqual([])
        expect(chaos.strange).toEqual([])
        expect(fifosBelow(daemon.stateDir)).toEqual([])
        expect(chaos.started.length).toBeGreaterThan(ROUNDS)
      }),
    60_000 + ROUNDS * 15_000,
  )
})
