/** The nouns of the client: statuses, events, records, and what methods take and give. */

import type { Readable, Writable } from 'node:stream'
import type { Any } from './any.ts'

/** The name of a container's first process. A container's id means the same where a process is asked for. */
export const INIT_PROCESS = 'init'

/** State of a task or of a process. `unknown`: the shim did not answer; it says nothing about the process. */
export type TaskStatus = 'created' | 'running' | 'stopped' | 'paused' | 'pausing' | 'unknown'

/** Kinds of events. `delete` comes when a task is gone, after its `exit`. */
export type TaskEventType =
  | 'unknown'
  | 'create'
  | 'start'
  | 'exit'
  | 'oom'
  | 'exec-added'
  | 'exec-started'
  | 'paused'
  | 'resumed'
  | 'delete'

/** One thing that happened to a process of a container. */
export interface TaskEvent {
  readonly type: TaskEventType
  readonly containerId: string
  /** {@link INIT_PROCESS} or the id of an exec. */
  readonly processId: string
  /** Host pid; absent when the daemon did not say. */
  readonly pid?: number
  /** With `exit` and `delete`: 128 + n after signal n, 255 when nobody knows. */
  readonly exitCode?: number
  readonly exitedAt?: Date
  /** The kernel killed for lack of memory since the last start. */
  readonly oomKilled: boolean
  /** Why the exit code is a guess. */
  readonly error?: Error
  readonly timestamp: Date
  /** `resync`: found by comparing states, because the event itself did not come. */
  readonly source: 'stream' | 'resync'
  /** False for containers that this client neither made, restored nor used. */
  readonly known: boolean
}

/** The user of a client, who is told of events. */
export interface Backend {
  /** Awaited, one event after another for each container; what is not taken yet is kept without a limit. May call any method of the client,
   *  and wait for what a later event says. What it throws is reported on the
   *  diagnostics channel `teu:containerd`, and the next event comes all the same. */
  processEvent(containerId: string, type: TaskEventType, event: TaskEvent): void | Promise<void>
}

/** How a process ended. */
export interface ExitInfo {
  readonly exitCode: number
  /** Absent when nobody knows. */
  readonly exitedAt?: Date
  readonly oomKilled: boolean
  readonly error?: Error
}

/** Options of the shim `io.containerd.runc.v2`. @see containerd.runc.v1.Options */
export interface RuncOptions {
  readonly noPivotRoot?: boolean
  readonly noNewKeyring?: boolean
  readonly shimCgroup?: string
  readonly ioUid?: number
  readonly ioGid?: number
  /** runc, crun or teu-oci: a name in the daemon's PATH, or a path. */
  readonly binaryName?: string
  /** State root of the runtime; the shim appends the namespace. */
  readonly root?: string
  readonly systemdCgroup?: boolean
  readonly criuImagePath?: string
  readonly criuWorkPath?: string
}

/** A shim and its options. `io.containerd.X.vN` is run as `containerd-shim-X-vN`; a path names the file itself. */
export interface RuntimeRef {
  readonly name: string
  /** For shims other than runc's, an {@link Any} of their own type. */
  readonly options?: RuncOptions | Any
}

/** What `create` takes beside id and spec. */
export interface CreateOptions {
  readonly runtime?: RuntimeRef
  readonly labels?: Readonly<Record<string, string>>
  readonly image?: string
  readonly snapshotter?: string
  readonly snapshotKey?: string
  readonly extensions?: Readonly<Record<string, Any>>
  /** Removes a container of this id, and its task, first. */
  readonly replace?: boolean
  readonly signal?: AbortSignal
}

/** The streams of a process, on our side. A stream is absent when the process has none of it. */
export interface ProcessIo extends AsyncDisposable {
  readonly stdin?: Writable
  readonly stdout?: Readable
  readonly stderr?: Readable
  /** Output and errors come together on `stdout`. */
  readonly terminal: boolean
  /** All output has been read to its end. */
  readonly drained: Promise<void>
  /** Gives up on ends that the shim has not opened yet. */
  cancel(): void
}

/**
 * Where a process reads and writes.
 *
 * - `'null'`: nowhere
 * - `{ file }`: the shim appends output and errors to this file; it needs no reader and outlives this program
 * - `{ logger, args }`: the shim starts this program, with the streams on descriptors 3 and 4
 * - `{ stdin, stdout, stderr }`: copied from and to streams of this program
 * - a function: gets the streams; called before the process starts. It must not wait for other calls of this container
 */
export type StdioOption =
  | 'null'
  | { readonly file: string }
  | { readonly logger: string; readonly args?: Readonly<Record<string, string>> }
  | { readonly stdin?: Readable; readonly stdout?: Writable; readonly stderr?: Writable }
  | ((io: ProcessIo) => void | Promise<void>)

/** How to connect the streams of a process. */
export interface StdioOptions {
  /** Gives the process an input. Implied when `stdio` has a `stdin`. */
  readonly withStdin?: boolean
  /** `'null'` when absent. */
  readonly stdio?: StdioOption
  readonly signal?: AbortSignal
}

/** What `restore` found. */
export interface Restored {
  /** The task is there and not stopped. */
  readonly alive: boolean
  /** 0 without a task. */
  readonly pid: number
  /** Absent without a task. */
  readonly status?: TaskStatus
  readonly execs: readonly { readonly id: string; readonly pid: number }[]
}

/** A container as containerd has it on record. */
export interface ContainerRecord {
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  readonly image: string
  readonly runtime: { readonly name: string; readonly options?: Any }
  /** The OCI config, as JSON. */
  readonly spec?: unknown
  readonly snapshotter: string
  readonly snapshotKey: string
  readonly createdAt?: Date
  readonly updatedAt?: Date
  readonly extensions: Readonly<Record<string, Any>>
}

/** A task or a process as the daemon reports it now. */
export interface ProcessInfo {
  readonly pid: number
  readonly status: TaskStatus
  /** With status `stopped`. */
  readonly exitCode?: number
  readonly exitedAt?: Date
  /** FIFOs or URLs; empty without. */
  readonly stdin: string
  readonly stdout: string
  readonly stderr: string
  readonly terminal: boolean
}

/** What became of a deleted task. */
export interface DeletedTask {
  /** 255 when there was no task. */
  readonly exitCode: number
  readonly exitedAt: Date
  /** False when there was no task. */
  readonly found: boolean
}

/** Options of CRIU for a checkpoint. @see containerd.runc.v1.CheckpointOptions */
export interface CriuOptions {
  readonly openTcp?: boolean
  readonly externalUnixSockets?: boolean
  readonly terminal?: boolean
  readonly fileLocks?: boolean
  readonly emptyNamespaces?: readonly string[]
  readonly cgroupsMode?: string
  readonly workPath?: string
}
