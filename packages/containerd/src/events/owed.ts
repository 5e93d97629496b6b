/** Events that calls of this client have caused, until they are told. */

import type { KnownContainer } from '../container/known-container.ts'
import type { ProcessRun } from '../container/process-run.ts'
import { INIT_PROCESS, type TaskEventType } from '../types.ts'

/** What the answer of a call of ours proves. */
export type OwedType = 'create' | 'start' | 'exec-added' | 'exec-started' | 'paused' | 'resumed' | 'delete'

/** An event that users have a right to, since a call has answered that it happened. */
export interface Owed {
  readonly type: OwedType
  readonly run: ProcessRun
  /** The first process of the task that it belongs to. */
  readonly task: ProcessRun | undefined
  /** False while the call has not been answered; its event can come before. */
  isProven: boolean
}

/** Notes that a call has had its effect. Nothing to do when its event was here before. */
export function owe(container: KnownContainer, run: ProcessRun, type: OwedType): void {
  const isKnown = run.told.has(type) || container.owed.some((owed) => owed.run === run && owed.type === type)
  if (!isKnown) container.owed.push({ type, run, task: taskOf(container, run), isProven: true })
}

/** Runs a call that changes whether a task is paused, which can happen many times in its life. */
export async function owing(
  container: KnownContainer | undefined,
  type: 'paused' | 'resumed',
  call: () => Promise<unknown>,
): Promise<void> {
  const run = container?.init
  if (container === undefined || run === undefined) return void (await call())
  const owed: Owed = { type, run, task: run, isProven: false }
  container.owed.push(owed)
  try {
    await call()
    owed.isProven = true
  } catch (error) {
    settleOwed(container, owed)
    throw error
  }
}

/** Takes off the list what an event says, which is being told.
 *  @returns whether it was there */
export function isOwed(container: KnownContainer, run: ProcessRun, type: TaskEventType): boolean {
  const owed = container.owed.find((one) => one.run === run && one.type === type)
  return owed !== undefined && settleOwed(container, owed)
}

/** Takes an entry off the list; false when it was told meanwhile. */
export function settleOwed(container: KnownContainer, owed: Owed): boolean {
  const at = container.owed.indexOf(owed)
  if (at >= 0) container.owed.splice(at, 1)
  return at >= 0
}

function taskOf(container: KnownContainer, run: ProcessRun): ProcessRun | undefined {
  return run.processId === INIT_PROCESS ? run : (run.task ?? container.init)
}
