/** What the events of a container may say one after another. */

import type { TaskEvent } from '../types.ts'

type Said = Pick<TaskEvent, 'type' | 'processId' | 'pid' | 'source'>

/**
 * Follows the events of one container: `create`, `start`, pauses and execs while it runs, the ends of its processes, `delete`; then the next
 * task. Everything once.
 */
export class LegalHistory {
  #task: 'none' | 'created' | 'running' | 'exited' = 'none'
  #pid: number | undefined
  #isPaused = false
  readonly #execs = new Map<string, 'added' | 'started' | 'exited'>()

  /** True when no task is there and no exec is open. */
  get isOver(): boolean {
    return this.#task === 'none'
  }

  /** @returns what is wrong with this event after those before; undefined for a legal one */
  next(event: Said): string | undefined {
    const { type, processId, pid } = event
    const before = `the task is ${this.#task}${this.#isPaused ? ' and paused' : ''}, ${processId} ${this.#execs.get(processId) ?? 'is no exec'}`
    const isLegal = processId === 'init' ? this.#initIsLegal(type, pid) : this.#execIsLegal(type, processId)
    return isLegal ? undefined : `${type} ${processId} ${pid} (${event.source}) although ${before}, its pid ${this.#pid}`
  }

  #initIsLegal(type: TaskEvent['type'], pid: number | undefined): boolean {
    const task = this.#task
    const isSame = pid === undefined || pid === this.#pid
    switch (type) {
      case 'create':
        this.#task = 'created'
        this.#pid = pid
        this.#isPaused = false
        this.#execs.clear()
        return task === 'none'
      case 'start':
        this.#task = 'running'
        return task === 'created' && isSame
      case 'exit':
        this.#task = 'exited'
        return (task === 'running' || task === 'created') && isSame
      case 'delete':
        this.#task = 'none'
        return (task === 'exited' || task === 'created') && isSame && ![...this.#execs.values()].includes('started')
      case 'paused':
      case 'resumed': {
        const wasPaused = this.#isPaused
        this.#isPaused = type === 'paused'
        return task === 'running' && wasPaused !== this.#isPaused
      }
      default:
        return type === 'oom'
    }
  }

  #execIsLegal(type: TaskEvent['type'], execId: string): boolean {
    const exec = this.#execs.get(execId)
    switch (type) {
      case 'exec-added':
        this.#execs.set(execId, 'added')
        return this.#task === 'running' && (exec === undefined || exec === 'exited')
      case 'exec-started':
        this.#execs.set(execId, 'started')
        return this.#task === 'running' && exec === 'added'
      case 'exit':
        this.#execs.set(execId, 'exited')
        return this.#task !== 'none' && exec === 'started'
      default:
        return false
    }
  }
}
