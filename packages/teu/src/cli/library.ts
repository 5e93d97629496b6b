/**
 * Everything that the command lines use of the library, in one place: commands get a {@link Library} and call nothing else, so that
 * their tests can give them one that only takes notes.
 */

import type {
  BadEntry,
  ContainerRecord,
  ContainerRunOptions,
  CreateOptions,
  ExecOptions,
  ExecProcess,
  ExitReport,
  OomEvent,
  OpenOptions,
  Signal,
  Stats,
  Status,
} from '@teu/container'
import type { LinuxResourcesPatch, Spec } from '@teu/spec'

export type {
  ContainerRecord,
  ContainerRunOptions,
  CreateOptions,
  ExecOptions,
  ExecProcess,
  ExitReport,
  OomEvent,
  OpenOptions,
  Signal,
  Stats,
  Status,
}

/** Options of `create`, with what only a command line hands over. */
export type CommandCreateOptions = CreateOptions & Pick<ContainerRunOptions, 'listenFds'>

/** What the commands use of a container. */
export interface ContainerHandle {
  readonly id: string
  readonly config: Readonly<Spec>
  status(): Promise<Status>
  state(): Promise<ContainerRecord>
  processes(): Promise<number[]>
  stats(): Promise<Stats>
  start(options?: { notifySocket?: string }): Promise<void>
  exec(options: ExecOptions): Promise<ExecProcess>
  kill(signal?: Signal, options?: { all?: boolean }): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  update(resources: LinuxResourcesPatch): Promise<void>
  wait(options?: { signal?: AbortSignal }): Promise<ExitReport>
  oomEvents(options?: { signal?: AbortSignal }): AsyncIterable<OomEvent>
  destroy(options?: { force?: boolean }): Promise<void>
}

/** What the commands use of a set of containers. */
export interface ContainerSet {
  create(id: string, options: CommandCreateOptions): Promise<ContainerHandle>
  run(id: string, options: ContainerRunOptions): Promise<ExitReport>
  load(id: string): Promise<ContainerHandle>
  list(options?: { onBadEntry?: (entry: BadEntry) => void }): Promise<ContainerRecord[]>
  remove(id: string, options?: { force?: boolean }): Promise<void>
}

/** How the plan of a container is to be shown. */
export interface ExplainOptions {
  readonly format: 'text' | 'json'
  /** Show the values of environment variables too. */
  readonly showEnv: boolean
}

/** The library as the commands see it. */
export interface Library {
  open(options: OpenOptions): Promise<ContainerSet>
  /** The plan that `create` would execute, as text, without doing anything. */
  explain(id: string, options: CommandCreateOptions & { open: OpenOptions }, how: ExplainOptions): Promise<string>
  /** Statistics in the shape that runc prints. */
  statsDocument(stats: Stats): Promise<object>
  /** Words that have a meaning in the options of a mount, sorted. */
  mountOptions(): Promise<readonly string[]>
}
