/** Processes of a test that nobody looks after any more. */

import { readdirSync, readFileSync } from 'node:fs'

/** Kills what has the test's mark in its environment or its cgroup: the mark is nobody else's. */
export function killStrays(mark: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      const ours = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TEU_TEST_MARK=${mark}\0`)
      if (ours || readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${mark}/`)) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
