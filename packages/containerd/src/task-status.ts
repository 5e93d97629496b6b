/** Statuses from the wire. */

import { Status, type Process } from './gen/containerd/v1/types/task.gen.ts'
import { readTime } from './time.ts'
import type { ProcessInfo, TaskStatus } from './types.ts'

const TEXTS: Readonly<Record<number, TaskStatus>> = {
  [Status.UNKNOWN]: 'unknown',
  [Status.CREATED]: 'created',
  [Status.RUNNING]: 'running',
  [Status.STOPPED]: 'stopped',
  [Status.PAUSED]: 'paused',
  [Status.PAUSING]: 'pausing',
}

/** The text of a status; one that a newer daemon has invented is unknown. */
export function taskStatus(status: number): TaskStatus {
  return TEXTS[status] ?? 'unknown'
}

/** A process of the wire as users see it. Exit fields mean something only when it has stopped. */
export function processInfo(process: Process): ProcessInfo {
  const { pid, stdin, stdout, stderr, terminal } = process
  const status = taskStatus(process.status)
  const exitedAt = readTime(process.exitedAt)
  const exit = status === 'stopped' ? { exitCode: process.exitStatus, ...(exitedAt === undefined ? {} : { exitedAt }) } : {}
  return { pid, status, stdin, stdout, stderr, terminal, ...exit }
}
