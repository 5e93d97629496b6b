/** The interface between the watching layer and an engine. Everything that is special about an engine is behind it. */

import { TeuError } from '@teu/spec'
import type { Container } from './picture/container.ts'

/** The four things that happen to the initial process of a container. */
export type LifecycleType = 'started' | 'exited' | 'paused' | 'unpaused'

/** What an engine reports. */
export interface EngineEvent {
  /** `updated`: name or labels may have changed. */
  readonly type: LifecycleType | 'updated'
  /** Container id. */
  readonly id: string
  /** By the engine's clock. */
  readonly timestamp: Date
  /** Initial process that the event is about; undefined when the engine does not tell, 0 when it does not know. */
  readonly pid?: number | undefined
  /** Composer project; undefined when it is not known, which is not the same as none. */
  readonly project?: string | undefined
  /** Exit status for `exited`; 128 + n when signal n ended the process. */
  readonly exitCode?: number | undefined
}

/** Options of everything that can be cancelled. */
export interface Cancellable {
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link EngineClient.list}. */
export interface ListOptions extends Cancellable {
  /** Is called with the id of each container of which the engine cannot tell at the moment whether it is alive. What is known of it is kept,
   *  and it is inspected later. */
  readonly unknown?: ((id: string) => void) | undefined
}

/** Options of {@link EngineClient.inspect}. */
export interface InspectOptions extends Cancellable {
  /** It is an id, from a list or an event: nobody need look for a name. */
  readonly byId?: boolean | undefined
}

/** A connection to one engine.
 *  Containers that are only created, stopped or dead do not exist here, nor do the processes of `exec`. */
export interface EngineClient<C = unknown> extends AsyncDisposable {
  /** Kind of engine: `docker.com`, `podman.io`, `k8s.io/cri-api` … */
  readonly type: string
  /** Address of the API: `unix:///run/docker.sock`. */
  readonly api: string
  /** Process of the engine, 0 when it is not known. The watcher does not need it; tools translate pids between namespaces with it. */
  readonly pid: number
  /** The client below, for whatever else the engine offers. */
  readonly client: C
  /** The id is that of the machine: all engines of a kind there have the same one. */
  readonly idOfHost?: boolean
  /** True when this engine tells nothing by itself: it is asked again and again who is alive, and changes are found late. May change with
   *  each connection. */
  readonly polling?: boolean
  /** How often to compare with a new list unless the user says so, in milliseconds, for engines that lose events. */
  readonly resyncIntervalMs?: number
  /** The engine's identifier. Never fails: empty when the engine cannot say. */
  id(options?: Cancellable): Promise<string>
  /** The engine's version. Never fails: empty when the engine cannot say. */
  version(options?: Cancellable): Promise<string>
  /** Every live container with all details. One that vanishes in the middle is left out; any other failure fails the whole list, because
   *  a container that is missing by mistake reads as one that is gone. */
  list(options?: ListOptions): Promise<readonly Container[]>
  /** One container by name or id.
   *  @throws {TeuError} ERR_TEU_NOT_FOUND when there is none
   *  @throws {NotAliveError} when it has no process
   *  @throws other errors when the engine cannot tell; it is asked again later */
  inspect(nameOrId: string, options?: InspectOptions): Promise<Container>
  /** Events from now on, in the engine's order. Resolves when nothing can be missed any more. The iteration never just ends: it throws
   *  when the connection is lost, and the signal's reason when it is aborted. */
  lifecycleEvents(options: { readonly signal: AbortSignal }): Promise<AsyncIterable<EngineEvent>>
  /** Events of this long after lifecycleEvents() has resolved may be missing, because nothing tells when the subscription stands: once it has
   *  passed there is another list. Undefined when nothing can be missing. In milliseconds. */
  readonly unsureForMs?: number | undefined
  /** Is called before each attempt to watch; throwing fails the attempt. */
  attempt?(options: { readonly signal: AbortSignal }): Promise<void>
}

/** The container exists, but has no process: it has not been started, or has ended. */
export class NotAliveError extends TeuError {
  /** How its last process ended, when the engine knows. */
  readonly exitCode: number | undefined

  constructor(nameOrId: string, exitCode?: number) {
    super('ERR_TEU_NOT_RUNNING', `Container "${nameOrId}" is not alive: it has no process`, { containerId: nameOrId })
    this.exitCode = exitCode
  }
}
