/**
 * The daemon is killed (SIGKILL) at a random moment of every method, and started again. The call settles, with a result or a stable code; then
 * the client's picture is the daemon's, the container can be used and removed, and nothing is left.
 *
 * `TEU_KILL_ROUNDS` is how often for each method (1 when absent; `npm run test:chaos` is 10), `TEU_CHAOS_SEED` repeats the moments.
 */

import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { isTeuError } from '@teu/spec'
import { expect } from 'vitest'
import { eventually, patience } from '../../../tests/harness/wait.ts'
import type { Client, Containerd, TaskEvent } from '../src/index.ts'
import { Layout } from '../src/testing/image-files.ts'
import { baseLayer } from './image/busybox-image.ts'
import { LegalHistory } from '../src/testing/legal-history.ts'
import { type Daemon, EventLog, fifosBelow } from './support/daemon.ts'
import { seeded } from './support/random.ts'
import { withEachRuntime, withRunc } from './support/runtimes.ts'
import { stubRuntime } from './support/stub-runtime.ts'
import { Sink } from './support/streams.ts'

const ROUNDS = Number(process.env['TEU_KILL_ROUNDS'] ?? 1)
const SEED = Number(process.env['TEU_CHAOS_SEED'] ?? Date.now() % 1_000_000)
/** Far more than a call whose daemon is back at once should need, clean-up included. */
const SETTLED_MS = 20_000
/** The connection went away under the call, or the answer of its repetition is that of a call which had its effect before. */
const EXPECTED = /^ERR_TEU_(UNAVAILABLE|RUNTIME|NOT_FOUND|ALREADY_EXISTS|INVALID_STATE|NOT_RUNNING|PAUSED)$/

/** What a containerd 1.6 that is killed while it starts a shim may leave for the next start, in its words and in runc's. No client sees it. */
const FORGOTTEN_SHIM = /: file exists$|container with given ID already exists/

/** What one round works with. */
interface Round {
  readonly daemon: Daemon
  readonly client: Containerd
  readonly id: string
}

/** A method, in the state that it is for. */
interface Case {
  /** Moments of the kill, from the call on. */
  readonly withinMs: number
  readonly state: 'nothing' | 'record' | 'running' | 'paused' | 'ended'
  call(round: Round): Promise<unknown>
  /** What must hold when the daemon is back, beside what holds for all. */
  after?(round: Round): Promise<void>
}

const SLEEP = ['/bin/sleep', '1000']

const CASES: Readonly<Record<Exclude<keyof Client, 'wait' | 'events' | symbol>, Case>> = {
  version: { state: 'nothing', withinMs: 4, call: ({ client }) => client.version() },
  create: { state: 'nothing', withinMs: 15, call: ({ client, daemon, id }) => client.create(id, daemon.spec(SLEEP)) },
  start: { state: 'record', withinMs: 120, call: ({ client, id }) => client.start(id, { stdio: { stdout: new Sink() } }) },
  restore: {
    state: 'running',
    withinMs: 10,
    call: async ({ daemon, id }) => {
      const other = await daemon.client()
      try {
        return await other.restore(id, { stdio: { stdout: new Sink() } })
      } finally {
        await other[Symbol.asyncDispose]()
      }
    },
  },
  exec: {
    state: 'running',
    withinMs: 80,
    call: ({ client, daemon, id }) => client.exec(id, 'e1', daemon.process(...SLEEP), { stdio: { stdout: new Sink() } }),
  },
  signalProcess: { state: 'running', withinMs: 10, call: ({ client, id }) => client.signalProcess(id, 'init', 'KILL') },
  resizeTerminal: {
    state: 'running',
    withinMs: 5,
    call: ({ client, id }) => client.resizeTerminal(id, 'init', { columns: 80, rows: 25 }),
  },
  closeStdin: { state: 'running', withinMs: 5, call: ({ client, id }) => client.closeStdin(id, 'init') },
  pause: { state: 'running', withinMs: 30, call: ({ client, id }) => client.pause(id) },
  resume: { state: 'paused', withinMs: 30, call: ({ client, id }) => client.resume(id) },
  stats: { state: 'running', withinMs: 10, call: ({ client, id }) => client.stats(id) },
  listPids: { state: 'running', withinMs: 10, call: ({ client, id }) => client.listPids(id) },
  summary: { state: 'running', withinMs: 10, call: ({ client, id }) => client.summary(id) },
  deleteTask: { state: 'running', withinMs: 120, call: ({ client, id }) => client.deleteTask(id, { force: true }) },
  delete: { state: 'record', withinMs: 10, call: ({ client, id }) => client.delete(id) },
  status: { state: 'running', withinMs: 5, call: ({ client, id }) => client.status(id) },
  updateResources: {
    state: 'running',
    withinMs: 40,
    call: ({ client, id }) => client.updateResources(id, { memory: { limit: 48 << 20 } }, { persist: true }),
  },
  createCheckpoint: {
    state: 'running',
    withinMs: 200,
    call: ({ client, daemon, id }) => client.createCheckpoint(id, daemon.lab.path(`checkpoint-${id}`)),
    // Pausing it was our doing.
    after: async ({ client, id }) => {
      await eventually('the container goes on', async () => ((await client.status(id)) === 'running' ? true : undefined), 10_000)
    },
  },
}

async function prepare({ client, daemon, id }: Round, state: Case['state']): Promise<void> {
  if (state === 'nothing') return
  await client.create(id, daemon.spec(SLEEP))
  if (state === 'record') return
  await client.start(id, { withStdin: true, stdio: { stdout: new Sink() } })
  if (state === 'paused') await client.pause(id)
}

/** How the call ended: `undefined`, or its code. */
async function outcome(call: Promise<unknown>): Promise<string | undefined> {
  const late = delay(SETTLED_MS, 'late' as const, { ref: false })
  const settled = call.then(
    () => undefined,
    (error: unknown) => error,
  )
  const first = await Promise.race([settled, late])
  expect(first, 'the call settles').not.toBe('late')
  if (first === undefined) return undefined
  if (!isTeuError(first)) throw first as Error
  expect(first.code, first.message).toMatch(EXPECTED)
  expect(first.suppressed ?? []).toEqual([])
  return first.code
}

/** What somebody who only hears events takes for alive, as `init 4711 running`. */
function told(log: EventLog, id: string): string[] {
  const alive = new Map<string, string>()
  let isPaused = false
  for (const { type, processId, pid, containerId } of log.events) {
    if (containerId !== id) continue
    if (type === 'start' || type === 'exec-started') alive.set(processId, `${processId} ${pid}`)
    if (type === 'exit') alive.delete(processId)
    if (type === 'paused' || type === 'resumed') isPaused = type === 'paused'
    if (type === 'start') isPaused = false
  }
  return [...alive.values(), ...(isPaused && alive.size > 0 ? ['paused'] : [])].sort()
}

/** Events that cannot follow those before. */
function illegal(log: EventLog, id: string): (string | undefined)[] {
  const history = new LegalHistory()
  const own = log.events.filter(({ containerId }) => containerId === id)
  return own.map((event) => history.next(event)).filter((wrong) => wrong !== undefined)
}

const eventLine = ({ type, processId, pid, source, timestamp }: TaskEvent): string =>
  `${timestamp.toISOString()} ${type} ${processId} ${pid} (${source})`

/** The same by asking the daemon. */
async function asked({ client, id }: Round): Promise<string[]> {
  const task = await client.container(id).task()
  if (task === undefined || task.status === 'stopped') return []
  const execs = (await client.summary(id)).flatMap(({ pid, execId }) => (execId === undefined ? [] : [`${execId} ${pid}`]))
  return [`init ${task.pid}`, ...execs, ...(task.status === 'paused' ? ['paused'] : [])].sort()
}

/** The container can be run as if nothing had happened, and then removed. */
async function useAndRemove({ client, daemon, id }: Round): Promise<void> {
  await client.deleteTask(id, { force: true })
  const handle = await client.create(id, daemon.script('exit 6'), { replace: true })
  try {
    await handle.start({ stdio: { stdout: new Sink() } })
    expect(await handle.wait()).toMatchObject({ exitCode: 6 })
  } catch (error) {
    if (!daemon.mayLoseShims || !FORGOTTEN_SHIM.test((error as Error).message)) throw error
  }
  await handle.deleteTask()
  await handle.delete()
}

withEachRuntime(`a daemon that is killed in the middle of, seed ${SEED},`, (test, runtimeName) => {
  for (const [method, { state, withinMs, call, after }] of Object.entries(CASES)) {
    // Its stub has runc below it in any case.
    if (method === 'createCheckpoint' && runtimeName !== 'runc') continue
    test(
      `${method}: it settles, nothing is left, and the picture is right`,
      async (daemon) => {
        daemon.mayLoseShims = method === 'start'
        const random = seeded(SEED)
        const log = new EventLog()
        const binaryName = method === 'createCheckpoint' ? stubRuntime(daemon.lab) : daemon.runtime
        const runtime = { name: 'io.containerd.runc.v2', options: { binaryName, root: daemon.runtimeRoot } }
        const client = await daemon.client({ onEvent: log.record, drainTimeoutMs: 500, runtime })
        for (let n = 0; n < ROUNDS; n += 1) {
          const round = { daemon, client, id: `${method}${n}` }
          await prepare(round, state)
          const calling = outcome(call(round))
          await delay(random() * withinMs)
          await daemon.restart()
          const code = await calling
          await eventually('the connection', () => client.version().catch(() => undefined), 10_000)
          if (code === undefined && method === 'delete') expect(await client.list([`id==${round.id}`])).toEqual([])
          let pictures: unknown[] = []
          await eventually(
            'one picture',
            async () => {
              pictures = [told(log, round.id), await asked(round)]
              return JSON.stringify(pictures[0]) === JSON.stringify(pictures[1]) ? true : undefined
            },
            15_000,
          ).catch(() => expect(pictures[0]).toEqual(pictures[1]))
          await after?.(round)
          await useAndRemove(round)
          expect(illegal(log, round.id), log.events.map(eventLine).join('\n')).toEqual([])
          expect(fifosBelow(daemon.stateDir)).toEqual([])
        }
      },
      (60_000 + ROUNDS * 15_000) * patience,
    )
  }
})

const IMAGE = 'example.org/box:1'

/** Makes a small image. */
async function importBox(client: Containerd): Promise<void> {
  const layout = new Layout()
  layout.tag(layout.image({ layers: [await baseLayer()] }), IMAGE)
  await client.images.import(Readable.from([await layout.archive()]))
  await client.images.unpack(IMAGE)
}

/** Nothing of a container of an image is left. */
async function expectNoRoots({ client, daemon }: Pick<Round, 'client' | 'daemon'>): Promise<void> {
  await eventually('the connection', () => client.version().catch(() => undefined), 10_000)
  const active: string[] = []
  for await (const { info } of client.services.snapshots.list({ snapshotter: 'overlayfs' })) {
    for (const { name } of info) if (!name.startsWith('sha256:')) active.push(name)
  }
  const containers = (await client.list()).map(({ id }) => id)
  const tasks = (await client.services.tasks.list({})).tasks.map(({ id }) => id)
  const leases = (await client.services.leases.list({})).leases.map(({ id }) => id)
  expect({ active, containers, tasks, leases }).toEqual({ active: [], containers: [], tasks: [], leases: [] })
  expect(fifosBelow(daemon.stateDir)).toEqual([])
}

withRunc(`images and a daemon that is killed, seed ${SEED}:`, (test) => {
  test('when the exit is told: run has the exit, and clears away when the daemon is back', async (daemon) => {
    let restarted: Promise<void> | undefined
    const client = await daemon.client({
      onEvent: ({ type }) => {
        if (type === 'exit') restarted ??= daemon.restart()
      },
    })
    await importBox(client)
    const result = await client.images.run(IMAGE, ['/bin/sh', '-c', 'echo out; exit 3'], { capture: true })
    expect(result).toMatchObject({ exitCode: 3, stdout: 'out\n' })
    expect(result.cleanupError).toBeUndefined()
    await restarted
    await expectNoRoots({ client, daemon })
  })

  test('when run is aborted while it is away: what it made goes when it is back', async (daemon) => {
    const stop = new AbortController()
    let restarted: Promise<void> | undefined
    const bring = async (): Promise<void> => {
      await daemon.stop('SIGKILL')
      stop.abort(new Error('enough'))
      await delay(300)
      await daemon.start()
    }
    const client = await daemon.client({
      onEvent: ({ type }) => {
        if (type === 'start') restarted ??= bring()
      },
    })
    await importBox(client)
    // The abort's reason, or the lost connection where that came before the answer of the start.
    await expect(client.images.run(IMAGE, ['/bin/sleep', '1000'], { signal: stop.signal })).rejects.toThrow()
    await restarted
    await expectNoRoots({ client, daemon })
  })

  test(
    'at any moment of run and create: nothing is left',
    async (daemon) => {
      daemon.mayLoseShims = true
      const random = seeded(SEED)
      const client = await daemon.client({ drainTimeoutMs: 500 })
      await importBox(client)
      const calls = {
        create: async () => (await client.images.create(IMAGE, { args: ['/bin/true'] })).remove(),
        run: () => client.images.run(IMAGE, ['/bin/sleep', '0.1'], { capture: true }),
      }
      for (let n = 0; n < ROUNDS; n += 1) {
        for (const call of Object.values(calls)) {
          const calling = outcome(call())
          await delay(random() * 200)
          await daemon.restart()
          await calling
          await expectNoRoots({ client, daemon })
        }
      }
    },
    (60_000 + ROUNDS * 15_000) * patience,
  )
})
