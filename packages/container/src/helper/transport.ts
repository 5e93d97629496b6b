/** How plans reach teu-init. Two ways with one face: a spawner that a program keeps (library), and one helper per call (command line). */

import type { Frame, Plan } from '@teu/init'

/** A standard stream that is a pipe between the container and this process. */
export interface PipeRequest {
  /** Slot in the plan that the container's end is in. */
  readonly slot: number
  /** True when the container reads from it (stdin). */
  readonly containerReads: boolean
  /** Where the FIFO is made for a moment; it is unlinked once both ends are open. */
  readonly path: string
}

export interface SubmitOptions {
  /** Called at most once. */
  readonly plan: () => Plan
  /** The plan as a request without a tag, when it has been encoded before. */
  readonly encoded?: Uint8Array
  readonly trace?: boolean
  /** Called for every status frame of this plan, in order. */
  readonly onFrame: (frame: Frame) => void
}

/** A plan under way. */
export interface Submission {
  /** Settles after the last frame (`done`), or rejects when teu-init itself went away. */
  readonly done: Promise<void>
  /** Sends a signal number to the container process. */
  signal(number: number): void
  resize(rows: number, columns: number): void
  /** Lets go of everything that waits (watch steps end). */
  release(): void
  /** Whether this plan keeps the program's event loop alive. */
  ref(): void
  unref(): void
}

export interface Transport {
  /** Makes FIFOs for the plan that is submitted next and returns this process's ends, in order. */
  openPipes(requests: readonly PipeRequest[]): Promise<{ tag: number; fds: number[] }>
  submit(options: SubmitOptions & { tag?: number }): Submission
  close(): Promise<void>
}
