/** Stopping a program without its help. */

import { readdirSync, readFileSync } from 'node:fs'
import { eventually } from '../../../../tests/harness/wait.ts'

/** Sends SIGSTOP, and resolves when every thread has stopped; until then one of them may still answer. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await eventually(`${pid} has stopped`, () => {
    const states = readdirSync(`/proc/${pid}/task`).map(
      (tid) => readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8').replace(/^.*\) /, '')[0],
    )
    return states.every((state) => state === 'T') ? true : undefined
  })
}
