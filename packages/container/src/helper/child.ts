/** teu-init as a child process. Node and Bun each have their own way to start it: on Bun, loading node:child_process and its streams takes
 *  as long as a whole container. */

/** Descriptors of this process that the child gets, from 0 on. */
export type ChildFds = readonly (number | 'ignore' | 'pipe')[]

/** Positions in {@link ChildFds}. */
export const STATUS_FD = 4
export const CONTROL_FD = 5

export interface StartOptions {
  readonly path: string
  /** `once`: the request is in descriptor 3; `ahead`: requests come over the control channel. */
  readonly mode: 'once' | 'ahead'
  /** With `pipe` at {@link STATUS_FD} and {@link CONTROL_FD}. */
  readonly fds: ChildFds
  onStatus(bytes: Uint8Array): void
  /** It has ended, and everything that it wrote has gone to `onStatus`; or it could not be started.
   *  @param how  `exit code 1`, `SIGKILL`, or why it could not be started */
  onEnd(how: string): void
}

/** A child that runs, in a session of its own. */
export interface StartedChild {
  /** Writes to its control channel; nothing happens when it has ended. */
  send(bytes: Uint8Array): void
  /** Closes its control channel. */
  hangUp(): void
  kill(signal: NodeJS.Signals): void
  ref(): void
  unref(): void
}

/** How a child has ended that was waited for. */
export interface ChildEnd {
  /** `exit code 1`, `SIGKILL`, or why it could not be started. */
  readonly how: string
  readonly hasRun: boolean
}

/** How children are started on one engine. */
export interface ChildStarter {
  /** Starts `teu-init once` or `teu-init ahead`. */
  start(options: StartOptions): StartedChild
  /** Runs `teu-init once` to its end. */
  run(path: string, fds: ChildFds): ChildEnd
}
