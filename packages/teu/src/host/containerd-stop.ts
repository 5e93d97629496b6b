/** Ending the first program of a container of a containerd. */

import { type ContainerHandle, INIT_PROCESS } from '@teu/containerd'
import { isTeuError, signalNumber } from '@teu/spec'
import type { StopOptions } from './host.ts'

/** Asks by a signal, and kills when the time is over. Resolves when the program has ended; one that does not run is no failure. */
export async function stopContainer(handle: ContainerHandle, { signal, timeoutMs }: StopOptions): Promise<void> {
  const task = await handle.task()
  if (task === undefined || task.status === 'stopped') return
  const given = new AbortController()
  const ended = handle.wait(INIT_PROCESS, { signal: given.signal })
  ended.catch(() => undefined)
  try {
    await send(handle, signal, false)
    // A frozen program hears of nothing.
    if (task.status === 'paused' || task.status === 'pausing') await handle.resume().catch(() => undefined)
    if (await endsWithin(ended, timeoutMs)) return
    await send(handle, signalNumber('SIGKILL'), true)
    await ended
  } finally {
    given.abort()
  }
}

async function send(handle: ContainerHandle, signal: number, all: boolean): Promise<void> {
  try {
    await handle.signalProcess(INIT_PROCESS, signal, { all })
  } catch (error) {
    // It has ended meanwhile.
    if (!isTeuError(error, 'ERR_TEU_NOT_FOUND')) throw error
  }
}

async function endsWithin(ended: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs)
  })
  try {
    return await Promise.race([ended.then(() => true), over])
  } finally {
    clearTimeout(timer)
  }
}
