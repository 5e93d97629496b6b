/** Ending shims and containers without their daemon. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeCgroup } from '../../../../tests/harness/cgroups.ts'
import { killLeft } from '../../../../tests/harness/leaks.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { eventually } from '../../../../tests/harness/wait.ts'

/** A runtime and where it keeps the containers of a daemon. */
export interface ShimRuntime {
  readonly runtime: string
  /** Its `--root`, as the shim gives it: with the namespace. */
  readonly root: string
}

/** Pids of the shims of a daemon, by its socket. */
export function shimsOf(socket: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const line = commandLine(pid)
      return line.includes('containerd-shim') && line.includes(socket)
    })
    .map(Number)
}

/** Ends all shims of a daemon and their containers, when the daemon is not there or knows them no more. */
export async function endShims(lab: Lab, socket: string, stateDir: string, { runtime, root }: ShimRuntime): Promise<void> {
  for (const pid of shimsOf(socket)) {
    const args = commandLine(String(pid)).split('\0')
    kill(pid)
    await lab.command([runtime, '--root', root, 'delete', '--force', args[args.indexOf('-id') + 1] ?? ''])
  }
  // Root file systems of tasks that were half made.
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n').reverse()) {
    const target = line.split(' ')[4] ?? ''
    if (target.startsWith(join(stateDir, '/'))) await lab.command(['umount', '-l', target])
  }
  // A runtime that was killed with its shim leaves its cgroup.
  killLeft(lab.mark)
  await eventually('empty cgroups', () => (removeCgroup(`/${lab.mark}`) ? true : undefined))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}
