/** The client as a type of its own, for those who do not care that a containerd is behind it. */

import type { LinuxResources, Process, Spec } from '@teu/spec'
import type { CheckpointOptions } from './checkpoint/create.ts'
import type { EventFilter } from './events/broadcast.ts'
import type { DeleteOptions, DeleteTaskOptions } from './operations/delete-task.ts'
import type { RestoreOptions } from './operations/restore.ts'
import type { StartOptions } from './operations/start.ts'
import type { ProcessSummary, Stats, UpdateOptions } from './operations/task-calls.ts'
import type { CreateOptions, DeletedTask, ExitInfo, Restored, StdioOptions, TaskEvent, TaskStatus } from './types.ts'

/** What every method can be given. */
export interface MethodOptions {
  readonly signal?: AbortSignal
}

/** A signal: `SIGTERM`, `term` or 15. */
export type Signal = string | number

/** A size in characters. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/**
 * Containers by their ids. The eighteen methods of moby's libcontainerd, and what its callback told: events and ends. Disposing disconnects;
 * containers run on.
 *
 * A process is named by {@link INIT_PROCESS} (or the container's id) or the id of an exec. Failures are `TeuError`, with the codes that
 * the functions of `operations/` list; an aborted call rejects with the signal's reason.
 */
export interface Client extends AsyncDisposable {
  version(options?: MethodOptions): Promise<{ version: string; revision: string }>
  /** Meets a container again that an earlier life of this program has made. */
  restore(id: string, options?: RestoreOptions): Promise<Restored>
  /** Makes a record; `start` runs it. */
  create(id: string, spec: Spec, options?: CreateOptions): Promise<unknown>
  /** @returns the host pid of the first process */
  start(id: string, options?: StartOptions): Promise<number>
  /** @returns the host pid of the new process */
  exec(id: string, execId: string, process: Process, options?: StdioOptions): Promise<number>
  /** `all`: to every process of the container. */
  signalProcess(id: string, processId: string, signal: Signal, options?: { readonly all?: boolean } & MethodOptions): Promise<void>
  resizeTerminal(id: string, processId: string, size: TerminalSize, options?: MethodOptions): Promise<void>
  /** Closes the shim's end only; ending the `stdin` of a `ProcessIo` does both. */
  closeStdin(id: string, processId: string, options?: MethodOptions): Promise<void>
  pause(id: string, options?: MethodOptions): Promise<void>
  resume(id: string, options?: MethodOptions): Promise<void>
  stats(id: string, options?: MethodOptions): Promise<Stats>
  /** Host pids of all processes. */
  listPids(id: string, options?: MethodOptions): Promise<number[]>
  summary(id: string, options?: MethodOptions): Promise<ProcessSummary[]>
  /** Deletes a task that has stopped; with `force` any. */
  deleteTask(id: string, options?: DeleteTaskOptions): Promise<DeletedTask>
  /** Deletes the record of a container without a task; with `force` the task too, whatever its state. */
  delete(id: string, options?: DeleteOptions): Promise<void>
  status(id: string, options?: MethodOptions): Promise<TaskStatus>
  updateResources(id: string, resources: LinuxResources, options?: UpdateOptions): Promise<void>
  /** Writes CRIU's images into a directory. */
  createCheckpoint(id: string, dir: string, options?: CheckpointOptions): Promise<void>
  /** How a process ends, or has ended; the first one when none is named. */
  wait(id: string, processId?: string, options?: MethodOptions): Promise<ExitInfo>
  /** Events from now on, in the place of libcontainerd's callback. */
  events(filter?: EventFilter): AsyncIterableIterator<TaskEvent>
}
