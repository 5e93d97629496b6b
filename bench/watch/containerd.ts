/** Watching containerd: a list of a thousand live containers, the time until an event is heard, memory over many events. */

import { protobufAny, subscribeEvents } from '@teu/containerd'
import { ContainerdEngine, watch, type Watcher } from '@teu/watch'
import { ContainerdDaemon } from '../../packages/watch/test/support/containerd-daemon.ts'
import { TaskPausedSchema, TaskResumedSchema } from '../../packages/containerd/src/gen/containerd/events/events.gen.ts'
import type { Lab } from '../../tests/harness/lab.ts'
import { benchLatency, type Life, Listener } from './latency.ts'
import { benchLists } from './lists.ts'
import { benchMemory } from './memory.ts'

const CONTAINERS = 1_000
/** Containers of one group share a shim; a thousand shims would need ten gigabytes. */
const GROUPS = 10
const AT_A_TIME = 4
/** Containers about which events are published. */
const BUSY = 50
const NAMESPACE = 'default'

/** Measures and prints. */
export async function benchContainerdWatch(lab: Lab, rounds: number): Promise<void> {
  const daemon = new ContainerdDaemon(lab)
  await daemon.start()
  try {
    await using watcher = watch(new ContainerdEngine(daemon.socket))
    await watcher.ready()
    await latency(daemon, watcher, rounds)
    await lists(daemon, watcher)
    await memory(daemon, watcher)
  } finally {
    await daemon.close()
  }
}

async function latency(daemon: ContainerdDaemon, watcher: Watcher, rounds: number): Promise<void> {
  const [raw, ours] = [new Listener(), new Listener()]
  const over = new AbortController()
  const filters = ['topic=="/tasks/start"', 'topic=="/tasks/exit"']
  const events = await subscribeEvents(await daemon.services(), { filters, signal: over.signal })
  const reading = (async () => {
    for await (const { topic, containerId } of events) raw.hear(topic === '/tasks/start' ? 'started' : 'exited', containerId)
  })()
  watcher.on('started', ({ container }) => ours.hear('started', container.id))
  watcher.on('exited', ({ container }) => ours.hear('exited', container.id))
  let count = 0
  const { tasks } = await daemon.services()
  const newLife = async (): Promise<Life> => {
    const id = `life${count++}`
    await daemon.createIn(NAMESPACE, id)
    const { pid } = await tasks.create({ containerId: id })
    return {
      id,
      start: async () => {
        const asked = performance.now()
        await tasks.start({ containerId: id })
        return asked
      },
      kill: () => {
        process.kill(pid, 'SIGKILL')
        return Promise.resolve(performance.now())
      },
      remove: () => daemon.removeIn(NAMESPACE, id),
    }
  }
  await benchLatency('containerd', rounds, { raw, watcher: ours }, newLife)
  over.abort()
  await reading.catch(() => undefined)
}

/** Pauses and their ends, which somebody publishes as fast as the daemon takes them, for some of the containers at the same time. */
async function memory(daemon: ContainerdDaemon, watcher: Watcher): Promise<void> {
  const { events } = await daemon.services()
  await benchMemory('containerd', async (count, told) => {
    const off = watcher.tap((batch) => batch.forEach(told))
    const publish = async (containerId: string): Promise<void> => {
      const paused = { topic: '/tasks/paused', event: protobufAny(TaskPausedSchema, { containerId }) }
      const resumed = { topic: '/tasks/resumed', event: protobufAny(TaskResumedSchema, { containerId }) }
      for (let n = 0; n < count / BUSY; n++) await events.publish(n % 2 === 0 ? paused : resumed)
    }
    await Promise.all(Array.from({ length: BUSY }, (_, n) => publish(`many${GROUPS + n}`)))
    // What comes after them in the same stream.
    const last = new Promise<void>((resolve) => watcher.on('exited', () => resolve()))
    await daemon.removeIn(NAMESPACE, 'many999')
    await last
    off()
  })
}

async function lists(daemon: ContainerdDaemon, watcher: Watcher): Promise<void> {
  const start = async (id: string, group?: string): Promise<void> => {
    await daemon.createIn(NAMESPACE, id, group === undefined ? {} : { group })
    await daemon.startIn(NAMESPACE, id)
  }
  for (let n = 0; n < GROUPS; n++) await start(`group${n}`)
  let next = GROUPS
  const worker = async (): Promise<void> => {
    while (next < CONTAINERS) {
      const n = next++
      await start(`many${n}`, `group${n % GROUPS}`)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  const { containers, tasks } = await daemon.services()
  const records = async (): Promise<void> => {
    for await (const one of containers.listStream({})) void one
  }
  await benchLists(`containerd: ${CONTAINERS} live containers`, watcher.engine, CONTAINERS, {
    'the tasks alone': () => tasks.list({}),
    'the records alone': records,
    'a watcher until it is ready': async () => {
      await using another = watch(new ContainerdEngine(daemon.socket))
      await another.ready()
    },
  })
  if (watcher.portfolio.size !== CONTAINERS) throw new Error(`the watcher knows ${watcher.portfolio.size} of ${CONTAINERS}`)
}
