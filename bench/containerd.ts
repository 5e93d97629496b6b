/** The client of `@teu/containerd` and `ctr`, in turns, on one containerd: a container from record to removal, calls, events, lists. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Containerd } from '@teu/containerd'
import type { Spec } from '@teu/spec'
import { ContainerdDaemon } from '../tests/harness/containerd-daemon.ts'
import type { BenchRoom } from './bench-room.ts'
import { compare } from './compare.ts'
import { summarise, table } from './statistics.ts'
import { Timer } from './timer.ts'

const CALLS = 1_000
const EVENTS = 20_000
const EVENTS_AT_A_TIME = 20
/** How long the last events may be on their way. */
const LAST_EVENTS_MS = 10_000
const RECORDS = 10_000
const RECORDS_AT_A_TIME = 64
const MIB = 1024 * 1024

/** Measures and prints. */
export async function benchContainerd(room: BenchRoom, rounds: number): Promise<void> {
  const bundle = room.bundle('containerd', ['true'])
  const rootfs = join(bundle, 'rootfs')
  const dir = join(room.dir, 'daemon')
  await using daemon = new ContainerdDaemon(dir)
  await daemon.start()
  await using client = await Containerd.connect({ address: `unix://${daemon.socket}`, namespace: 'bench', stateDir: join(dir, 'fifos') })
  const ctr = ['/usr/bin/ctr', '--address', daemon.socket, '--namespace', 'bench']
  const spec = await specOfCtr(client, ctr, rootfs)
  await benchLife(room, client, ctr, { spec, rootfs }, rounds)
  await benchCalls(client)
  await benchEvents(client)
  await benchList(client, spec)
}

/** The config that `ctr run` makes of a root file system, so that the runtime has the same to do for both. */
async function specOfCtr(client: Containerd, [program = '', ...options]: readonly string[], rootfs: string): Promise<Spec> {
  execFileSync(program, [...options, 'containers', 'create', '--rootfs', rootfs, 'template', '/bin/true'])
  const { spec } = await client.container('template').record()
  await client.delete('template')
  return { ...(spec as Spec), linux: { ...(spec as Spec).linux, cgroupsPath: '/bench/client' } }
}

interface Made {
  readonly spec: Spec
  readonly rootfs: string
}

/** `create`, `start`, `wait` and `delete` of `true`, beside `ctr run --rm`, and what ctr takes to start and to connect. */
async function benchLife(
  room: BenchRoom,
  client: Containerd,
  ctr: readonly string[],
  { spec, rootfs }: Made,
  rounds: number,
): Promise<void> {
  const run = new Timer(room.timer, [...ctr, 'run', '--rm', '--null-io', '--rootfs', rootfs, 'ctr', '/bin/true'])
  const version = new Timer(room.timer, [...ctr, 'version'])
  const library = async (): Promise<number> => {
    const start = performance.now()
    const container = await client.create('client', spec)
    await container.start()
    const { exitCode } = await container.wait()
    await container.delete({ force: true })
    const time = performance.now() - start
    if (exitCode !== 0) throw new Error(`the container ended with ${exitCode}`)
    return time
  }
  try {
    await compare('a container of true through containerd', rounds, [
      { name: 'client', measure: library },
      { name: 'ctr run', measure: () => run.run() },
      { name: 'ctr version', measure: () => version.run() },
    ])
  } finally {
    await run[Symbol.asyncDispose]()
    await version[Symbol.asyncDispose]()
  }
}

async function benchCalls(client: Containerd): Promise<void> {
  const times: number[] = []
  for (let n = 0; n < CALLS; n++) {
    const start = performance.now()
    await client.version()
    times.push(performance.now() - start)
  }
  const { p10, median, p90 } = summarise(times)
  console.log(`\none call after the other, ${CALLS} of them, milliseconds`)
  console.log(table(['', 'median', 'p10', 'p90'], [['version', median.toFixed(2), p10.toFixed(2), p90.toFixed(2)]]))
}

/** Events that somebody publishes as fast as the daemon takes them; all have to arrive, and the client may not grow with their number. */
async function benchEvents(client: Containerd): Promise<void> {
  let received = 0
  let heapAtHalf = 0
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const abort = new AbortController()
  const reading = (async () => {
    for await (const { containerId } of client.events({ unknown: true, signal: abort.signal })) {
      if (containerId !== 'busy') continue
      received++
      if (received === EVENTS / 2) heapAtHalf = heap()
      if (received === EVENTS) return
    }
  })()
  // containerd.events.TaskOOM, whose field 1 is the id of the container.
  const id = Buffer.from('busy')
  const event = { typeUrl: 'containerd.events.TaskOOM', value: Buffer.concat([Buffer.from([0x0a, id.length]), id]) }
  const start = performance.now()
  for (let n = 0; n < EVENTS; n += EVENTS_AT_A_TIME) {
    const calls = Array.from({ length: EVENTS_AT_A_TIME }, () => client.services.events.publish({ topic: '/tasks/oom', event }))
    await Promise.all(calls)
  }
  await Promise.race([reading, delay(LAST_EVENTS_MS, undefined, { signal: abort.signal })])
  const seconds = (performance.now() - start) / 1000
  abort.abort()
  const grown = (heap() - heapAtHalf) / MIB
  console.log(`\nevents: ${received} of ${EVENTS} in ${seconds.toFixed(1)} s, ${(received / seconds).toFixed(0)} per second;`)
  console.log(
    `heap ${grown.toFixed(1)} MiB more at the end than after half of them${globalThis.gc ? '' : ' (without a collection: use --expose-gc)'}`,
  )
}

async function benchList(client: Containerd, spec: Spec): Promise<void> {
  let next = 0
  const create = async (): Promise<void> => {
    while (next < RECORDS) await client.create(`record-${next++}`, spec)
  }
  await Promise.all(Array.from({ length: RECORDS_AT_A_TIME }, create))
  const times: number[] = []
  for (let n = 0; n < 5; n++) {
    const start = performance.now()
    const records = await client.list()
    times.push(performance.now() - start)
    if (records.length !== RECORDS) throw new Error(`${records.length} records of ${RECORDS}`)
  }
  const { p10, median, p90 } = summarise(times)
  console.log(`\nall records of ${RECORDS}, each with its config, milliseconds`)
  console.log(table(['', 'median', 'p10', 'p90'], [['list', median.toFixed(0), p10.toFixed(0), p90.toFixed(0)]]))
}
