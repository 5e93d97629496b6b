/** One container of a client: its methods without the id. */

import { isTeuError, type LinuxResources, type Process, abortable } from '@teu/spec'
import { createCheckpoint, type CheckpointOptions } from './checkpoint/create.ts'
import type { MethodOptions, Signal, TerminalSize } from './client.ts'
import { containerRecord } from './container/record.ts'
import { load } from './container/load.ts'
import type { ClientContext } from './context.ts'
import { attempt } from './error/refine.ts'
import type { EventFilter } from './events/broadcast.ts'
import { checkIdentifier, execIdOf } from './identifiers.ts'
import { deleteContainer, deleteTask, type DeleteOptions, type DeleteTaskOptions } from './operations/delete-task.ts'
import { exec } from './operations/exec.ts'
import { restore, type RestoreOptions } from './operations/restore.ts'
import { closeStdin, resizeTerminal, signalProcess } from './operations/signal.ts'
import { createTask, start, type CreatedTask, type StartOptions } from './operations/start.ts'
import {
  pause,
  readInfo,
  resume,
  stats,
  summary,
  updateResources,
  type ProcessSummary,
  type Stats,
  type UpdateOptions,
} from './operations/task-calls.ts'
import { readTime } from './time.ts'
import {
  INIT_PROCESS,
  type ContainerRecord,
  type DeletedTask,
  type ExitInfo,
  type ProcessInfo,
  type Restored,
  type StdioOptions,
  type TaskEvent,
  type TaskStatus,
} from './types.ts'

/** A container by its id, which need not exist. What it is about is read or loaded with each call. */
export class ContainerHandle {
  readonly id: string
  readonly #ctx: ClientContext

  constructor(ctx: ClientContext, id: string) {
    checkIdentifier('container ID', id)
    this.#ctx = ctx
    this.id = id
  }

  /** The record.
   *  @throws {TeuError} ERR_TEU_NOT_FOUND */
  async record(options: MethodOptions = {}): Promise<ContainerRecord> {
    const { id } = this
    const { container } = await attempt(this.#ctx, { name: 'record', containerId: id }, () =>
      this.#ctx.services.containers.get({ id }, options),
    )
    if (container === undefined) throw new Error('containerd has answered without a record')
    return containerRecord(container)
  }

  /** The task as it is now; undefined when there is none. */
  async task(options: MethodOptions = {}): Promise<ProcessInfo | undefined> {
    try {
      return await readInfo(this.#ctx, this.id, INIT_PROCESS, options.signal)
    } catch (error) {
      if (isTeuError(error, 'ERR_TEU_NOT_FOUND')) return undefined
      throw error
    }
  }

  /** The execs that this client knows of. Those that have ended stay until they are deleted, shortly after their exit is told. */
  async execs(options: MethodOptions = {}): Promise<{ id: string; pid: number }[]> {
    const container = await load(this.#ctx, this.id, 'execs', options.signal)
    return [...container.execs.values()].map(({ processId, pid }) => ({ id: processId, pid }))
  }

  /** Resolves when a process has ended and its output is read, or the time for that is over. The last end of one
   *  that has ended already is fine, also when it is deleted, as long as this client remembers it.
   *  @throws {TeuError} ERR_TEU_NOT_FOUND; the error of a start that fails; ERR_TEU_INVALID_STATE when the client is disposed */
  async wait(processId: string = INIT_PROCESS, options: MethodOptions = {}): Promise<ExitInfo> {
    const container = await load(this.#ctx, this.id, 'wait', options.signal)
    const run = container.current(processId) ?? container.last(processId)
    if (run !== undefined) return abortable(run.exited.promise, options.signal)
    const request = { containerId: this.id, execId: execIdOf(this.id, processId) }
    const answer = await attempt(this.#ctx, { name: 'wait', containerId: this.id, processId }, () =>
      this.#ctx.services.tasks.wait(request, options),
    )
    const exitedAt = readTime(answer.exitedAt)
    return { exitCode: answer.exitStatus, oomKilled: container.oomKilled, ...(exitedAt === undefined ? {} : { exitedAt }) }
  }

  /** Makes the task and leaves it created, for what must be set up before the program runs; `start` runs it. */
  createTask(options: StartOptions = {}): Promise<CreatedTask> {
    return createTask(this.#ctx, this.id, options)
  }

  start(options: StartOptions = {}): Promise<number> {
    return start(this.#ctx, this.id, options)
  }

  exec(execId: string, process: Process, options: StdioOptions = {}): Promise<number> {
    return exec(this.#ctx, this.id, execId, process, options)
  }

  signalProcess(processId: string, signal: Signal, options: { readonly all?: boolean } & MethodOptions = {}): Promise<void> {
    return signalProcess(this.#ctx, this.id, processId, signal, options)
  }

  resizeTerminal(processId: string, size: TerminalSize, options: MethodOptions = {}): Promise<void> {
    return resizeTerminal(this.#ctx, this.id, processId, size, options.signal)
  }

  closeStdin(processId: string, options: MethodOptions = {}): Promise<void> {
    return closeStdin(this.#ctx, this.id, processId, options.signal)
  }

  pause(options: MethodOptions = {}): Promise<void> {
    return pause(this.#ctx, this.id, options.signal)
  }

  resume(options: MethodOptions = {}): Promise<void> {
    return resume(this.#ctx, this.id, options.signal)
  }

  stats(options: MethodOptions = {}): Promise<Stats> {
    return stats(this.#ctx, this.id, options.signal)
  }

  async listPids(options: MethodOptions = {}): Promise<number[]> {
    return (await this.summary(options)).map(({ pid }) => pid)
  }

  summary(options: MethodOptions = {}): Promise<ProcessSummary[]> {
    return summary(this.#ctx, this.id, options.signal)
  }

  deleteTask(options: DeleteTaskOptions = {}): Promise<DeletedTask> {
    return deleteTask(this.#ctx, this.id, options)
  }

  delete(options: DeleteOptions = {}): Promise<void> {
    return deleteContainer(this.#ctx, this.id, options)
  }

  async status(options: MethodOptions = {}): Promise<TaskStatus> {
    return (await readInfo(this.#ctx, this.id, INIT_PROCESS, options.signal)).status
  }

  updateResources(resources: LinuxResources, options: UpdateOptions = {}): Promise<void> {
    return updateResources(this.#ctx, this.id, resources, options)
  }

  createCheckpoint(dir: string, options: CheckpointOptions = {}): Promise<void> {
    return createCheckpoint(this.#ctx, this.id, dir, options)
  }

  restore(options: RestoreOptions = {}): Promise<Restored> {
    return restore(this.#ctx, this.id, options)
  }

  /** Events of this container from now on. */
  events(filter: Omit<EventFilter, 'containerId'> = {}): AsyncIterableIterator<TaskEvent> {
    return this.#ctx.broadcast.subscribe({ ...filter, containerId: this.id })
  }
}
