/** Programs in containers of a containerd as {@link HostProcess}. */

import { randomBytes } from 'node:crypto'
import { type Containerd, type ContainerHandle, INIT_PROCESS, type StdioOptions } from '@teu/containerd'
import type { Process } from '@teu/spec'
import type { HostProcess, ProcessStreams } from './host.ts'

const ID_BYTES = 8

/** The first program of a container. Its task is made before it starts, so that it finds its terminal in the right size. */
export function initProcess(client: Containerd, handle: ContainerHandle): HostProcess {
  return {
    start: async ({ size, ...streams }, signal) => {
      const options = stdioOf(streams, signal)
      if (size === undefined) {
        await handle.start(options)
      } else {
        await handle.createTask(options)
        await handle.resizeTerminal(INIT_PROCESS, size)
        await handle.start(signal === undefined ? {} : { signal })
      }
    },
    ...controlOf(client, handle, INIT_PROCESS),
  }
}

/** One more program. */
export function execProcess(client: Containerd, handle: ContainerHandle, process: Process): HostProcess {
  const id = `exec-${randomBytes(ID_BYTES).toString('hex')}`
  return {
    start: async ({ size, ...streams }, signal) => {
      await handle.exec(id, process, stdioOf(streams, signal))
      // Of a program that has ended meanwhile the terminal is gone.
      if (size !== undefined) await handle.resizeTerminal(id, size).catch(() => undefined)
    },
    ...controlOf(client, handle, id),
  }
}

function controlOf({ services }: Containerd, handle: ContainerHandle, processId: string): Omit<HostProcess, 'start'> {
  return {
    ended: async () => {
      await services.tasks.wait({ containerId: handle.id, execId: processId === INIT_PROCESS ? '' : processId })
    },
    wait: () => handle.wait(processId),
    kill: (signal) => handle.signalProcess(processId, signal),
    resize: (size) => handle.resizeTerminal(processId, size),
  }
}

function stdioOf(streams: Omit<ProcessStreams, 'size'>, signal: AbortSignal | undefined): StdioOptions {
  const isAttached = Object.keys(streams).length > 0
  return { stdio: isAttached ? streams : 'null', withStdin: streams.stdin !== undefined, ...(signal && { signal }) }
}
