/** `teu-oci events`. */

import { isTeuError, stringifyJson, TeuError } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { ContainerHandle } from '../cli/library.ts'
import { parseDurationMs } from '../cli/quantities.ts'
import type { OciCommand, OciContext } from './context.ts'

/** Prints events as lines of JSON: `stats` at each interval and `oom` as it happens, until the container ends. */
export const events: OciCommand = defineCommand({
  name: 'events',
  summary: 'Print statistics and out-of-memory events of a container as lines of JSON',
  synopsis: 'ID',
  options: {
    interval: { kind: 'text', value: 'DURATION', help: 'Time between statistics (default 5s)' },
    stats: { kind: 'flag', help: 'Print the statistics once and end' },
  },
  arity: [1, 1],
  async run({ interval = '5s', stats = false }, [id = ''], context) {
    const intervalMs = parseDurationMs('interval', interval)
    const container = await context.container(id)
    const status = await container.status()
    if (status === 'stopped' || status === 'checkpointed' || status === 'destroyed') {
      throw new TeuError('ERR_TEU_NOT_RUNNING', `container with id ${id} is not running`, {
        containerId: id,
        operation: 'events',
        from: status,
      })
    }
    if (stats) await printStats(container, context)
    else await follow(container, intervalMs, context)
  },
})

/** Runs until init has ended; whatever comes first in the way of printing ends the rest too. */
async function follow(container: ContainerHandle, intervalMs: number, context: OciContext): Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const ended = container.wait({ signal }).finally(() => stop.abort())
  const tasks = [ended, followStats(container, intervalMs, signal, context), followOom(container, signal, context)]
  try {
    await Promise.all(tasks)
  } catch (error) {
    if (!signal.aborted) throw error
    // Once init is gone, the others end in the middle of what they do.
    await ended
  } finally {
    stop.abort()
    await Promise.allSettled(tasks)
  }
}

async function followStats(container: ContainerHandle, intervalMs: number, signal: AbortSignal, context: OciContext): Promise<void> {
  while (!signal.aborted) {
    await process.getBuiltinModule('node:timers/promises').setTimeout(intervalMs, undefined, { signal })
    await printStats(container, context)
  }
}

async function followOom(container: ContainerHandle, signal: AbortSignal, { io, log }: OciContext): Promise<void> {
  try {
    for await (const _event of container.oomEvents({ signal })) io.out(`${stringifyJson({ type: 'oom', id: container.id })}\n`)
  } catch (error) {
    // Without a memory cgroup there is nothing to run out of; the statistics go on.
    if (!isTeuError(error, 'ERR_TEU_UNSUPPORTED')) throw error
    log.warn(error.message)
  }
}

async function printStats(container: ContainerHandle, { io, library }: OciContext): Promise<void> {
  const data = await library.statsDocument(await container.stats())
  io.out(`${stringifyJson({ type: 'stats', id: container.id, data })}\n`)
}
