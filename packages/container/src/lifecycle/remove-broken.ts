/** Removing a container whose record cannot be read: what the other files of its state directory still tell. */

import { readFileSync, rmdirSync } from 'node:fs'
import { isTeuError } from '@teu/spec'
import type { CgroupFacts } from '../host-facts.ts'
import { parseProcCgroup } from '../probe/proc-cgroup.ts'
import { isAlive, readParent } from '../probe/proc-stat.ts'
import { type ProcessIdentity, readInit } from '../record/container-record.ts'
import type { StatePaths } from '../record/paths.ts'
import { type ActContext, act } from './act.ts'
import { removeStateDirectory } from './state-root.ts'

const KILL_TIMEOUT_MS = 10_000

/** Kills init where its identity is known, removes the cgroups that it leaves empty, and the state directory. */
export async function removeBroken(context: ActContext, paths: StatePaths, cgroups: CgroupFacts): Promise<void> {
  const init = identity(paths.init)
  if (init && isAlive(init)) {
    const left = cgroupsOf(init.pid, cgroups)
    const monitor = monitorOf(init)
    await act(context, [{ op: 'kill_process', ...inStep(init), signal: 9 }]).catch(ignoreGone)
    // A monitor has a few words to write into the directory when init has ended.
    for (const one of monitor ? [init, monitor] : [init]) {
      await act(context, [{ op: 'wait_process', ...inStep(one), timeoutMs: KILL_TIMEOUT_MS }]).catch(ignoreGone)
    }
    for (const directory of left) removeIfEmpty(directory)
  }
  removeStateDirectory(paths)
}

const inStep = ({ pid, startTime }: ProcessIdentity): { pid: number; startTime: bigint } => ({ pid, startTime: BigInt(startTime) })

/** The process of teu-init that stays with a container; undefined where none does. */
function monitorOf({ pid }: ProcessIdentity): ProcessIdentity | undefined {
  const parent = readParent(pid)
  try {
    return parent && readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'teu:parent\n' ? parent : undefined
  } catch {
    return undefined
  }
}

function identity(path: string): ProcessIdentity | undefined {
  try {
    const init = readInit(path)
    return init && /^\d+$/.test(init.startTime) ? init : undefined
  } catch {
    return undefined
  }
}

/** The directories that a process is in, but for those that this process is in as well. */
function cgroupsOf(pid: number, { v1, v2 }: CgroupFacts): string[] {
  const hierarchies = [...v1, ...(v2 ? [{ ...v2, controllers: [] as readonly string[] }] : [])]
  try {
    return parseProcCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).flatMap(({ controllers, path }) => {
      const own = hierarchies.find((each) => each.controllers.join() === controllers.join())
      return own && path !== own.ownPath && path !== '/' && !path.startsWith('/..') ? [`${own.mountPoint}${path}`] : []
    })
  } catch {
    return []
  }
}

/** Somebody else's cgroup has somebody in it. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Without the record nobody can say that it has to go.
  }
}

function ignoreGone(error: unknown): void {
  if (!isTeuError(error, 'ERR_TEU_NOT_RUNNING')) throw error
}
