/** A real engine of a test's own, as tests that hold for every engine drive it. */

import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../../../../tests/harness/requirements.ts'

/** What a test's container may be. */
export interface ContainerOptions {
  readonly command?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly memoryLimitBytes?: number
  /** Id of a running container whose shim, 10 MB of memory, is to do for this one too; of no meaning to engines without such. */
  readonly group?: string
}

/** See the head of this file. Containers are called by their names. */
export interface DrivenEngine {
  readonly type: string
  readonly socket: string
  /** Changes that it can take at the same time. */
  readonly overlap: number
  readonly running: boolean
  start(): Promise<void>
  /** Ends the engine; what happens to its containers is its own affair. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** @returns the container's id */
  create(name: string, options?: ContainerOptions): Promise<string>
  /** Creates and starts. */
  run(name: string, options?: ContainerOptions): Promise<string>
  /** `start`, `pause`, `unpause`, `kill`, `restart?t=0`, `rename?name=…` */
  do(name: string, action: string): Promise<void>
  remove(name: string): Promise<void>
  /** Runs a program in a container, to its end. */
  exec(name: string, ...command: readonly string[]): Promise<void>
  /** The initial process. */
  pidOf(name: string): Promise<number>
  /** Has the engine refused, because of the state that a container is in? */
  isRefusal(error: unknown): boolean
  /** What the engine itself says is alive: `ID PID NAME`, and whether paused. */
  alive(): Promise<string[]>
  /** Removes all containers. */
  clear(): Promise<void>
  /** Ends everything, in whatever state it is. */
  close(): Promise<void>
}

/** Makes a root file system of busybox. */
export function makeBusyboxRoot(root: string): void {
  mkdirSync(join(root, 'bin'), { recursive: true })
  copyFileSync(which('busybox') ?? '/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of ['sh', 'sleep', 'true']) symlinkSync('busybox', join(root, 'bin', applet))
}
