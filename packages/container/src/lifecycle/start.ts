/** Opening the gate that a created container waits at. */

import { closeSync, constants, openSync, read, renameSync, unlinkSync, writeSync } from 'node:fs'
import { type Frame, FrameReader, type Plan } from '@teu/init'
import { TeuError } from '@teu/spec'
import type { LoadedRecord, StoredRecord } from '../record/container-record.ts'
import { isStaying } from '../probe/proc-stat.ts'
import { failureOf } from '../report/failure.ts'
import { readableFrom } from '../helper/pipe-streams.ts'
import { alreadyRunning, notRunning } from './refusals.ts'

type FailedFrame = Extract<Frame, { kind: 'failed' }>

/** Lets init go and waits until it has executed the program.
 *  @throws {TeuError} ERR_TEU_ALREADY_RUNNING when another starter was first, ERR_TEU_NOT_RUNNING when init has died at the gate, and
 *  what init reports: ERR_TEU_HOOK, ERR_TEU_PROCESS_START … */
export async function openGate(loaded: LoadedRecord, signal?: AbortSignal): Promise<void> {
  const { paths, stored } = loaded
  signal?.throwIfAborted()
  claimGate(paths.gate, paths.gateClaimed, stored.id)
  let status: number
  try {
    status = openStatus(paths.gateStatus)
    try {
      pushGate(paths.gateClaimed, stored.id)
    } catch (error) {
      closeSync(status)
      throw error
    }
  } finally {
    unlinkSync(paths.gateClaimed)
  }
  const { failed, started } = await lastWords(onBun ? chunksOf(status) : readableFrom(status))
  unlinkSync(paths.gateStatus)
  if (failed) throw failureOf(failed, { containerId: stored.id, operation: 'start', plan: EMPTY_PLAN })
  // A filter may refuse a process to say that it starts its program, so silence alone means nothing.
  if (!started && loaded.init && !isStaying(loaded.init)) throw diedInSilence(stored)
}

function diedInSilence({ id, config }: StoredRecord): TeuError {
  return new TeuError('ERR_TEU_NOT_RUNNING', 'cannot start a container that has stopped: init ended before its program ran', {
    containerId: id,
    operation: 'start',
    ...(config.linux?.seccomp && { remedy: 'Check that linux.seccomp lets execve and write through' }),
  })
}

/** Step names and texts come from the frame itself: the plan was in the memory of whoever created the container. */
const EMPTY_PLAN: Plan = { parent: [], joiner: [], container: [], after: [] }

/** rename(2) lets exactly one of several starters through, and its absence from the old name ends the status `created`. */
function claimGate(gate: string, claimed: string, id: string): void {
  try {
    renameSync(gate, claimed)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw alreadyRunning(id)
  }
}

/** Opening the FIFO for writing without waiting fails with ENXIO when nobody holds the other end: init is dead. */
function pushGate(path: string, id: string): void {
  let fd: number
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    throw notRunning(id, 'cannot start a container that has stopped')
  }
  try {
    writeSync(fd, 'g')
  } finally {
    closeSync(fd)
  }
}

const onBun = process.versions['bun'] !== undefined

/** Opens the reading end of the status FIFO. Init holds it open both ways, so end of file means that it has executed the program, or died. */
function openStatus(path: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  if (!onBun) return fd
  // Bun cannot poll a FIFO. A blocking open waits for a writer that may be gone, so a writer of our own lets it pass.
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const blocking = openSync(path, constants.O_RDONLY)
  closeSync(writer)
  closeSync(fd)
  return blocking
}

/** What a stream over `fd` would give, which takes Bun three milliseconds to load. Closes `fd`. */
async function* chunksOf(fd: number): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const bytes = new Uint8Array(CHUNK_BYTES)
      const count = await new Promise<number>((resolve, reject) => {
        read(fd, bytes, 0, bytes.length, null, (error, length) => (error ? reject(error) : resolve(length)))
      })
      if (count === 0) return
      yield bytes.subarray(0, count)
    }
  } finally {
    closeSync(fd)
  }
}

/** More than one report of a failure. */
const CHUNK_BYTES = 4096

async function lastWords(status: AsyncIterable<Uint8Array>): Promise<{ failed: FailedFrame | undefined; started: boolean }> {
  const reader = new FrameReader()
  let failed: FailedFrame | undefined
  let started = false
  for await (const chunk of status) {
    for (const frame of reader.push(chunk)) {
      if (frame.kind === 'failed') failed ??= frame
      started ||= frame.kind === 'started'
    }
  }
  return { failed, started }
}
