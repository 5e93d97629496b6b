/** What server and page say to each other. Both sides are built from this file; it knows neither Node nor the DOM. */

/** How an engine is heard: `connecting` until its first list, `watching` while the picture is true, `lost` in between. */
export type WireEngineState = 'connecting' | 'watching' | 'lost'

/** An engine. */
export interface WireEngine {
  /** Address of its API, by which containers name it. */
  readonly api: string
  /** `docker.com`, `podman.io` … */
  readonly type: string
  /** Empty while it is not known. */
  readonly version: string
  readonly state: WireEngineState
  /** Why it cannot be heard; else empty. */
  readonly error: string
}

/** A living container. Names and labels are text of strangers. */
export interface WireContainer {
  /** Number that the server gave it for the time of its life. */
  readonly n: number
  readonly id: string
  readonly name: string
  /** Empty when the engine does not tell. */
  readonly image: string
  /** Composer project; empty for none. */
  readonly project: string
  /** See {@link WireEngine.api}. */
  readonly engine: string
  /** As numbered in the engine's pid namespace. */
  readonly pid: number
  readonly paused: boolean
  readonly privileged: boolean
  /** Milliseconds since 1970, null when the engine does not tell. */
  readonly startedAt: number | null
}

/** Number of the container, processor time in percent of one processor, memory and its limit in bytes, processes and threads.
 *  Null for what is not known. */
export type WireReading = readonly [n: number, cpu: number | null, memory: number | null, limit: number | null, pids: number | null]

/** One look at what the containers take; only readings that are different from the one before. */
export interface WireSample {
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number
  readonly readings: readonly WireReading[]
}

/** The event `snapshot`: everything there is. The first of each connection. */
export interface WireSnapshot {
  readonly engines: readonly WireEngine[]
  readonly containers: readonly WireContainer[]
  readonly sample: WireSample
  /** Name of the machine. */
  readonly machine: string
  /** Time between two samples, in milliseconds. */
  readonly intervalMs: number
  /** How far histories go back, in milliseconds. */
  readonly historyMs: number
}

/** The event `changes`: what is different since the last event of this connection. What is absent is as it was. */
export interface WireChanges {
  /** All of them. */
  readonly engines?: readonly WireEngine[]
  /** New, or not as they were. */
  readonly containers?: readonly WireContainer[]
  /** Numbers of those that have ended. */
  readonly gone?: readonly number[]
  readonly sample?: WireSample
}

/** More about one container, and its past. The lists of the history belong together, oldest first. */
export interface WireDetails {
  readonly n: number
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** Labels that were left out because there are too many. */
  readonly moreLabels: number
  readonly history: WireHistory
}

/** Milliseconds since 1970, and what was read then. */
export interface WireHistory {
  readonly at: readonly number[]
  readonly cpu: readonly (number | null)[]
  readonly memory: readonly (number | null)[]
  readonly pids: readonly (number | null)[]
}
