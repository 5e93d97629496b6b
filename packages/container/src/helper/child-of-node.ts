/** teu-init as a child process of Node. */

import type { Readable, Stream, Writable } from 'node:stream'
import { type ChildFds, CONTROL_FD, type ChildEnd, type ChildStarter, type StartedChild, type StartOptions, STATUS_FD } from './child.ts'

export const nodeChildren: ChildStarter = { start, run }

function start({ path, mode, fds, onStatus, onEnd }: StartOptions): StartedChild {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const child = spawn(path, [mode], { argv0: 'teu-init', env: {}, detached: true, stdio: [...fds] })
  // The types know five streams only.
  const streams = child.stdio as readonly (Stream | null | undefined)[]
  const status = streams[STATUS_FD] as Readable
  const control = streams[CONTROL_FD] as Writable
  status.on('data', onStatus)
  control.on('error', () => undefined)
  child.once('error', (error) => onEnd(error.message))
  child.once('close', (code, signal) => onEnd(signal ?? `exit code ${code}`))
  return {
    send: (bytes) => void control.write(bytes),
    hangUp: () => control.destroy(),
    kill: (signal) => void child.kill(signal),
    ref: () => child.ref(),
    unref: () => child.unref(),
  }
}

function run(path: string, fds: ChildFds): ChildEnd {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { error, status, signal } = spawnSync(path, ['once'], { argv0: 'teu-init', env: {}, stdio: [...fds] })
  return error ? { hasRun: false, how: error.message } : { hasRun: true, how: signal ?? `exit code ${status}` }
}
