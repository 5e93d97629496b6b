/** teu-init as a child process of Bun. */

import { closeSync, writeSync } from 'node:fs'
import { type ChildFds, CONTROL_FD, type ChildEnd, type ChildStarter, type StartedChild, type StartOptions, STATUS_FD } from './child.ts'

/** The part of Bun's own interface that is needed here. */
interface Bun {
  spawn(options: SpawnOptions): Child
  spawnSync(options: SpawnOptions): Pick<Child, 'exitCode' | 'signalCode'>
  connect(options: { fd: number; socket: SocketHandlers }): Promise<Socket>
}

interface SpawnOptions {
  readonly cmd: readonly string[]
  readonly argv0: string
  readonly env: Readonly<Record<string, string>>
  readonly stdio: ChildFds
  readonly detached?: boolean
}

interface Child {
  readonly exited: Promise<number>
  readonly exitCode?: number | null
  readonly signalCode?: string | null
  /** For each `pipe` this process's end of a socket pair, which is the reader's to close. */
  readonly stdio: readonly (number | null)[]
  kill(signal: string): void
  ref(): void
  unref(): void
}

interface Socket {
  ref(): void
  unref(): void
}

interface SocketHandlers {
  data(socket: Socket, bytes: Uint8Array): void
  close(): void
  error(): void
}

const bun = (): Bun => (globalThis as unknown as { Bun: Bun }).Bun

export const bunChildren: ChildStarter = { start, run }

function start({ path, mode, fds, onStatus, onEnd }: StartOptions): StartedChild {
  let child: Child
  try {
    child = bun().spawn({ cmd: [path, mode], argv0: 'teu-init', env: {}, detached: true, stdio: fds })
  } catch (error) {
    queueMicrotask(() => onEnd((error as Error).message))
    return { send: nothing, hangUp: nothing, kill: nothing, ref: nothing, unref: nothing }
  }
  const ends = child.stdio
  let status: Socket | undefined
  let referenced = true
  const drained = new Promise<void>((resolve) => {
    const socket = { data: (_: Socket, bytes: Uint8Array) => onStatus(bytes), close: resolve, error: resolve }
    bun()
      .connect({ fd: ends[STATUS_FD] as number, socket })
      .then((connected) => {
        status = connected
        if (!referenced) status.unref()
      }, resolve)
  })
  // The end of the process may be reported before everything that it has written has been read.
  void Promise.all([child.exited, drained]).then(() => onEnd(child.signalCode ?? `exit code ${child.exitCode}`))
  const control = controlChannel(ends[CONTROL_FD] as number)
  return {
    ...control,
    kill: (signal) => child.kill(signal),
    ref: () => {
      referenced = true
      child.ref()
      status?.ref()
    },
    unref: () => {
      referenced = false
      child.unref()
      status?.unref()
    },
  }
}

function run(path: string, fds: ChildFds): ChildEnd {
  try {
    const { exitCode, signalCode } = bun().spawnSync({ cmd: [path, 'once'], argv0: 'teu-init', env: {}, stdio: fds })
    return { hasRun: true, how: signalCode ?? `exit code ${exitCode}` }
  } catch (error) {
    return { hasRun: false, how: (error as Error).message }
  }
}

/** A few small messages, if any: they always find room, and need no stream. */
function controlChannel(fd: number): Pick<StartedChild, 'send' | 'hangUp'> {
  let open = true
  return {
    send(bytes) {
      if (!open) return
      try {
        writeSync(fd, bytes)
      } catch {
        // The child has ended.
      }
    },
    hangUp() {
      if (open) closeSync(fd)
      open = false
    },
  }
}

function nothing(): void {
  // There is no child.
}
