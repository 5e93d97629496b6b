/** Events of the stream, each applied to the picture of its container and told. */

import { setImmediate as turn } from 'node:timers/promises'
import { adopt } from '../container/adopt.ts'
import { forgetTask } from '../container/forget-task.ts'
import type { KnownContainer } from '../container/known-container.ts'
import type { ExitFacts, ProcessRun } from '../container/process-run.ts'
import { readProcess } from '../container/read-process.ts'
import type { ClientContext } from '../context.ts'
import type { Envelope } from '../gen/containerd/types/types.gen.ts'
import { report } from '../report.ts'
import { taskStatus } from '../task-status.ts'
import { INIT_PROCESS } from '../types.ts'
import { decodeRecordChange, decodeTaskEvent, type RawEvent } from './decode.ts'
import { deliver, deliverUnknown } from './deliver.ts'
import { isOwed } from './owed.ts'
import { settleEnds, tellFormer } from './tell-delete.ts'
import { tellBeginning } from './tell-owed.ts'
import { settleExit, UNKNOWN_EXIT_CODE } from './settle-exit.ts'

/** A notice of lack of memory this long after an exit is about the run that ended. In milliseconds. */
const LATE_OOM_MS = 1_000

/** Takes an envelope. Never waits: the daemon queues for slow readers without a limit. */
export function receive(ctx: ClientContext, envelope: Envelope): void {
  let raw: RawEvent | undefined
  try {
    const changed = decodeRecordChange(envelope)
    if (changed !== undefined) forgetRecord(ctx, changed)
    raw = decodeTaskEvent(envelope)
  } catch (error) {
    report({ what: `read an event of topic ${envelope.topic}`, error })
  }
  if (raw === undefined) return
  const event = raw
  const container = ctx.known.get(event.containerId) ?? ctx.departed.get(event.containerId)
  if (container === undefined) return deliverUnknown(ctx, event)
  // Now, not when its turn comes: by then a run of the same name may have taken the place.
  const run = container.find(event.processId, event.pid)
  if (event.type === 'exit' && event.pid !== 0) run?.hear(exitFacts(event))
  container.queue.push(() => apply(ctx, container, event, run))
}

function forgetRecord(ctx: ClientContext, containerId: string): void {
  const container = ctx.known.get(containerId)
  if (container !== undefined) container.freshBasis = undefined
}

async function apply(ctx: ClientContext, container: KnownContainer, raw: RawEvent, run: ProcessRun | undefined): Promise<void> {
  switch (raw.type) {
    case 'create':
    case 'start':
    case 'exec-added':
    case 'exec-started':
      return applyBeginning(ctx, container, raw, run)
    case 'exit':
      return run === undefined ? undefined : applyExit(ctx, container, raw, run)
    case 'delete':
      return run === undefined ? undefined : applyDelete(ctx, container, raw, run)
    case 'oom':
      return applyOom(ctx, container, raw)
    case 'paused':
    case 'resumed':
      return run === undefined ? undefined : applyPause(ctx, container, { ...raw, type: raw.type }, run)
    case 'unknown':
  }
}

async function applyBeginning(ctx: ClientContext, container: KnownContainer, raw: RawEvent, found: ProcessRun | undefined): Promise<void> {
  const run = found ?? (await adopt(ctx, container, raw.processId))
  if (run === undefined || !run.mayHavePid(raw.pid) || run.isDiscarded) return
  // A shim repeats what it could not send while the daemon was away; by then the end may have been found by comparing.
  if (run.exit !== undefined) return
  if (run.pid === 0) run.pid = raw.pid
  if (run.told.has(raw.type)) return
  if (run.processId === INIT_PROCESS) await tellFormer(ctx, container, run)
  isOwed(container, run, raw.type)
  if (raw.type === 'start' || raw.type === 'exec-started') {
    tellBeginning(ctx, container, run)
    run.isStartTold = true
    run.phase = 'running'
  }
  run.told.add(raw.type)
  deliver(ctx, container, { ...raw, pid: raw.pid === 0 ? run.pid : raw.pid })
}

/** A container that is paused already is not paused again: what was found by comparing is told late by a shim that could not send it. */
async function applyPause(
  ctx: ClientContext,
  container: KnownContainer,
  raw: RawEvent & { type: 'paused' | 'resumed' },
  run: ProcessRun,
): Promise<void> {
  if (run.exit !== undefined || run.phase === 'starting') return
  const isPaused = raw.type === 'paused'
  const isOurs = isOwed(container, run, raw.type)
  if (run.isPaused === isPaused) return
  if (!isOurs && run.isPauseFound && (await isPausedNow(ctx, run)) !== isPaused) return
  run.isPauseFound = false
  run.isPaused = isPaused
  deliver(ctx, container, raw)
}

async function isPausedNow(ctx: ClientContext, run: ProcessRun): Promise<boolean> {
  const process = await readProcess(ctx, run.containerId)
  return process !== undefined && ['paused', 'pausing'].includes(taskStatus(process.status))
}

function exitFacts({ exitCode = UNKNOWN_EXIT_CODE, exitedAt, timestamp }: RawEvent): ExitFacts {
  return { exitCode, exitedAt, timestamp, source: 'stream' }
}

async function applyExit(ctx: ClientContext, container: KnownContainer, raw: RawEvent, run: ProcessRun): Promise<void> {
  await untilAnswered(run)
  if (!run.owesExit || !run.mayHavePid(raw.pid)) return
  // The daemon makes up exits without a pid when the connection to a shim breaks, also for processes that live on.
  if (raw.pid === 0 && (await isAlive(ctx, run))) return
  await settleExit(ctx, container, run, exitFacts(raw))
}

async function applyDelete(ctx: ClientContext, container: KnownContainer, raw: RawEvent, run: ProcessRun): Promise<void> {
  await untilAnswered(run)
  if (run.told.has('delete') || !run.mayHavePid(raw.pid)) return
  if (raw.pid === 0 && (await isAlive(ctx, run))) return
  run.hear(exitFacts(raw))
  await settleEnds(ctx, container, run)
  isOwed(container, run, 'delete')
  run.told.add('delete')
  // Of a start that was interrupted before anybody was told of it, there is no end to tell either.
  if (!run.isDiscarded || run.told.has('create') || run.isStartTold) deliver(ctx, container, { ...raw, pid: run.pid })
  if (run.processId === INIT_PROCESS && container.init === run && !run.isBeingDeleted) await forgetTask(ctx, container, run)
}

/** Waits for the call that starts the run, and for its caller to have the answer. */
async function untilAnswered(run: ProcessRun): Promise<void> {
  if (run.inFlight === undefined) return
  await run.inFlight
  await turn()
}

async function isAlive(ctx: ClientContext, run: ProcessRun): Promise<boolean> {
  const process = await readProcess(ctx, run.containerId, run.processId)
  return process !== undefined && taskStatus(process.status) === 'running' && run.mayHavePid(process.pid)
}

/** There may be several in one life; one that is repeated has the time of the first. */
function applyOom(ctx: ClientContext, container: KnownContainer, raw: RawEvent): void {
  const at = raw.timestamp.getTime()
  if (container.lastOomMs === at) return
  container.lastOomMs = at
  noteOom(container)
  deliver(ctx, container, raw)
}

function noteOom(container: KnownContainer): void {
  const { init, recent } = container
  const last = init?.exit === undefined ? recent.find((run) => run.processId === INIT_PROCESS) : init
  const endedAt = last?.exit?.exitedAt?.getTime()
  if (last?.exit !== undefined && endedAt !== undefined && Date.now() - endedAt < LATE_OOM_MS) last.exit.oomKilled = true
  // A run that is being started cannot have run out of memory yet.
  if (init?.phase !== 'starting') container.oomKilled = true
}
