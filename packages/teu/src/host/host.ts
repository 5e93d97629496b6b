/** What the commands use of a daemon: they get a {@link Host} and call nothing else, so that tests can give them one of their own. */

import type { Readable, Writable } from 'node:stream'
import type { BlobProgress, ContainerRecord, ExitInfo, ImageRecord, ProcessInfo, TaskEvent, TaskEventType } from '@teu/containerd'
import type { Process } from '@teu/spec'
import type { RunRequest } from '../human/engine.ts'

export type { BlobProgress, ContainerRecord, ExitInfo, ImageRecord, ProcessInfo, TaskEvent, TaskEventType }

/** Which daemon, and what of it. */
export interface HostOptions {
  /** Socket of a containerd. */
  readonly socket: string
  readonly namespace: string
  /** State root of teu, when one was named: the FIFOs of programs lie below it. */
  readonly root: string | undefined
}

/** Opens connections; the libraries for that are loaded with the first one. */
export interface HostConnector {
  /** @throws {TeuError} ERR_TEU_UNAVAILABLE */
  connect(options: HostOptions): Promise<Host>
}

/** A size in characters. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** What a program is connected to; a stream that is absent leads nowhere. */
export interface ProcessStreams {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** Of the terminal, when the program gets one. */
  readonly size?: TerminalSize | undefined
}

/** A program in a container, before and after its start. */
export interface HostProcess {
  /** Resolves when the program runs.
   *  @throws {TeuError} ERR_TEU_PROCESS_START, with an errno as far as that is known; nothing of the process is left then */
  start(streams: ProcessStreams, signal?: AbortSignal): Promise<void>
  /** Settles when it has ended, or nobody can tell. */
  ended(): Promise<void>
  /** Resolves when it has ended and its output has been read, as far as that came within some seconds. */
  wait(): Promise<ExitInfo>
  /** @throws {TeuError} ERR_TEU_NOT_FOUND when it has ended */
  kill(signal: string): Promise<void>
  resize(size: TerminalSize): Promise<void>
}

/** What `run` asks for: a program, and what only a daemon knows of. */
export interface HostRunRequest {
  /** Absent with a root directory, which is then in `program`. */
  readonly image?: string
  readonly program: RunRequest
  readonly entrypoint?: string
  readonly platform?: string
  readonly labels: Readonly<Record<string, string>>
  /** Name or path of the OCI runtime, or the name of a shim. */
  readonly runtime?: string
  /** Size of the terminal, which the program finds set. */
  readonly size?: TerminalSize
}

/** A container that has been made. */
export interface NewContainer {
  readonly id: string
  /** Its first program, not started yet. */
  readonly process: HostProcess
  /** Removes everything of it, whatever its state. */
  remove(): Promise<void>
}

/** Resource usage at one moment. */
export interface Usage {
  readonly read: Date
  readonly cpuMs: number
  /** Without the pages of files that the kernel can take back at once. */
  readonly memoryBytes: number
  /** That of the container, or else all of the machine's memory. */
  readonly limitBytes: number
  readonly pids: number
  readonly readBytes: number
  readonly writeBytes: number
}

/** How to end a program. */
export interface StopOptions {
  readonly signal: number
  /** Then it is killed. */
  readonly timeoutMs: number
}

/** An image with what the documents behind its name say; without them when they are for other platforms or not there. */
export interface HostImage {
  readonly record: ImageRecord
  readonly platform?: string
  /** Of manifest, config and layers, as they are stored. */
  readonly sizeBytes?: number
}

/** A daemon as the commands see it. */
export interface Host extends AsyncDisposable {
  readonly namespace: string
  version(): Promise<{ readonly version: string; readonly revision: string }>
  /** @param filters  containerd's, one of which must match; all containers without any */
  containers(filters?: readonly string[]): Promise<ContainerRecord[]>
  /** The tasks of all containers, by id. */
  tasks(): Promise<ReadonlyMap<string, TaskSummary>>
  task(id: string): Promise<ProcessInfo | undefined>
  /** Makes a container; an abort leaves nothing of it. */
  create(request: HostRunRequest, signal: AbortSignal): Promise<NewContainer>
  exec(id: string, process: Process): HostProcess
  /** A user of a container that runs, by names from its own files.
   *  @param pid  of its first program
   *  @throws {TeuError} ERR_TEU_USAGE */
  userOf(text: string, pid: number): Process['user']
  kill(id: string, signal: number, options: { readonly all: boolean }): Promise<void>
  /** Runs the program of a container that has ended, or was only made; its output goes nowhere.
   *  @throws {TeuError} ERR_TEU_INVALID_STATE when it runs */
  start(id: string): Promise<void>
  /** Ends the first program; one that does not run is no failure. */
  stop(id: string, options: StopOptions): Promise<void>
  /** Removes task, record and root file system.
   *  @throws {TeuError} ERR_TEU_INVALID_STATE when it runs, unless `force` is set */
  remove(record: ContainerRecord, options: { readonly force: boolean }): Promise<void>
  /** @throws {TeuError} ERR_TEU_NOT_FOUND without a task */
  usage(id: string): Promise<Usage>
  /** Of all containers, from now on until the signal. */
  events(signal: AbortSignal): AsyncIterable<TaskEvent>
  images(): Promise<HostImage[]>
  /** @param source  a path, or the bytes of an archive */
  importImages(
    source: string | AsyncIterable<Uint8Array>,
    options: { readonly name?: string; readonly onProgress: (progress: BlobProgress) => void; readonly signal: AbortSignal },
  ): Promise<ImageRecord[]>
  removeImage(name: string): Promise<void>
}

/** What a list says of a task. */
export type TaskSummary = Pick<ProcessInfo, 'pid' | 'status' | 'exitCode' | 'exitedAt'>
