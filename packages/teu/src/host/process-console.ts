/** The real {@link Console}. */

import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import type { Console } from './console.ts'
import { FdOutput } from './fd-output.ts'

const FDS = { stdin: 0, stdout: 1, stderr: 2 } as const

/** Those by which people and supervisors speak to a program. Job control stays with the command itself. */
const FORWARDED = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const

/** Of this process. */
export const processConsole: Console = {
  input: () => process.stdin,
  output: (name) => new FdOutput(FDS[name]),
  isTerminal: (name) => isatty(FDS[name]),
  size: () => {
    if (!isatty(FDS.stdout)) return undefined
    const { columns, rows } = process.stdout
    return columns > 0 && rows > 0 ? { columns, rows } : undefined
  },
  setRaw: (isRaw) => {
    try {
      process.stdin.setRawMode(isRaw)
    } catch (error) {
      // Of a terminal that has gone nothing has to be taken back.
      if (isRaw) throw error
    }
  },
  onResize: (listener) => {
    process.stdout.on('resize', listener)
    return () => void process.stdout.off('resize', listener)
  },
  pause: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, { signal })
    } catch {
      // The error of the timer has the reason as its cause only.
      signal.throwIfAborted()
    }
  },
  onStop: (listener) => {
    process.on('SIGTSTP', listener)
    return () => void process.off('SIGTSTP', listener)
  },
  onContinue: (listener) => {
    process.on('SIGCONT', listener)
    return () => void process.off('SIGCONT', listener)
  },
  suspend,
  onCrash: (text, isNeeded) => {
    const listener = (): void => {
      try {
        if (!isNeeded()) return
        process.stdin.setRawMode(false)
        writeSync(FDS.stdout, text)
      } catch {
        // The terminal has gone first.
      }
    }
    // Before the error is printed, and for whoever ends the process otherwise.
    process.on('uncaughtExceptionMonitor', listener)
    process.on('exit', listener)
    return () => {
      process.off('uncaughtExceptionMonitor', listener)
      process.off('exit', listener)
    }
  },
  onSignal: (listener) => {
    for (const name of FORWARDED) process.on(name, listener)
    return () => {
      for (const name of FORWARDED) process.off(name, listener)
    }
  },
}

/** The kernel does not stop a group without a parent that could make it go on: then the process still runs after this time. */
const STOPPED_MS = 50

async function suspend(): Promise<void> {
  const listeners = process.rawListeners('SIGTSTP') as NodeJS.SignalsListener[]
  process.removeAllListeners('SIGTSTP')
  try {
    process.kill(0, 'SIGTSTP')
    await setTimeout(STOPPED_MS)
  } finally {
    for (const listener of listeners) process.on('SIGTSTP', listener)
  }
}
