/** The record of one container on disk, and what can be said of the container from it. */

import { existsSync } from 'node:fs'
import { type Spec, stringifyJson, TeuError } from '@teu/spec'
import type { CgroupLocation } from '../cgroup/locate.ts'
import { freezerState } from '../cgroup/manage.ts'
import { bootId, isAlive } from '../probe/proc-stat.ts'
import { exitFromRecord } from '../report/exit-report.ts'
import type { CgroupManager, ContainerRecord, ExitReport, Status } from '../types.ts'
import { checkRecord } from './check-record.ts'
import { readOwnFile } from './own-file.ts'
import { type StatePaths, statePaths } from './paths.ts'
import { replaceFile } from './atomic-file.ts'
import { readState } from './state-file.ts'

/** Content of `state.json`. Facts that only the kernel knows (alive, frozen) are not in it. */
export interface StoredRecord {
  version: 1
  id: string
  created: string
  bootId: string
  ociVersion: string
  bundle: string
  annotations?: Record<string, string>
  rootless: boolean
  cgroup: CgroupLocation
  cgroupManager: CgroupManager
  systemdScope?: string
  noNewKeyring: boolean
  noPivot: boolean
  owner: string
  creator: { pid: number; startTime: string }
  /** True once creation has finished, or when nobody can look between the clone and the start (`run` without hooks). */
  complete: boolean
  /** False when nobody stays to see the end (`teu-oci create`). */
  supervised: boolean
  checkpointed?: boolean
  config: Spec
}

const configTexts = new WeakMap<Spec, string>()

/** The record of a new container as it stands on disk. The text of a config that stays the same (`source`) is made once. */
export function recordText({ config, ...rest }: StoredRecord, source: Spec | undefined): string {
  let text = source && configTexts.get(source)
  if (text === undefined) {
    text = stringifyJson(config)
    if (source) configTexts.set(source, text)
  }
  return `${stringifyJson(rest).slice(0, -1)},"config":${text}}`
}

/** Writes the record of a new container. */
export function writeFirstRecord(paths: StatePaths, text: string): void {
  replaceFile(paths.record, text)
}

/** A record with its place. */
export interface LoadedRecord {
  readonly paths: StatePaths
  readonly stored: StoredRecord
  readonly init: ProcessIdentity | undefined
}

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/** Reads the record of `id` under `root`.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND; ERR_TEU_UNSUPPORTED for a record of a version that this teu does not know; ERR_TEU_SYSTEM for
 *  one that is damaged */
export function loadRecord(root: string, id: string): LoadedRecord {
  const paths = statePaths(root, id)
  let stored: StoredRecord
  try {
    stored = readState<StoredRecord>(paths.directory)
  } catch (cause) {
    if (cause instanceof TeuError && cause.code === 'ERR_TEU_NOT_FOUND') throw notFound(id, cause)
    throw cause
  }
  checkRecord(stored, id, paths.record)
  return { paths, stored, init: readInit(paths.init) }
}

/** Marks creation as finished: from now on the creator's death means nothing.
 *  @throws {TeuError} as {@link loadRecord} */
export function completeRecord(root: string, id: string): LoadedRecord {
  const loaded = loadRecord(root, id)
  loaded.stored.complete = true
  replaceFile(loaded.paths.record, stringifyJson(loaded.stored))
  return loaded
}

/** ERR_TEU_NOT_FOUND with the phrase that engines look for. */
export function notFound(id: string, cause?: unknown): TeuError {
  return new TeuError('ERR_TEU_NOT_FOUND', `container "${id}": container does not exist`, { containerId: id, cause })
}

/** Computes the status. Liveness comes before the freezer, so that a dead init in a frozen cgroup is `stopped`. */
export function statusOf({ paths, stored, init }: LoadedRecord): Status {
  const sameBoot = stored.bootId === bootId()
  if ((!stored.complete || init === undefined) && sameBoot && isAlive(stored.creator)) return 'creating'
  if (init === undefined || !sameBoot || !isAlive(init)) return stored.checkpointed === true ? 'checkpointed' : 'stopped'
  const freezer = freezerState(stored.cgroup)
  if (freezer === 'frozen') return 'paused'
  if (freezer === 'freezing') return 'pausing'
  return existsSync(paths.gate) ? 'created' : 'running'
}

/** The public record with its fresh status. */
export function publicRecord(loaded: LoadedRecord): ContainerRecord {
  const { stored, init, paths } = loaded
  const status = statusOf(loaded)
  const alive = status !== 'stopped' && status !== 'checkpointed'
  const exit: ExitReport | undefined = alive ? undefined : exitFromRecord(paths, stored.cgroup)
  const { cgroup, complete: _complete, supervised: _supervised, checkpointed: _checkpointed, ...rest } = stored
  return {
    ...rest,
    status,
    cgroupPaths: cgroup.paths,
    ...(init && { initStartTime: init.startTime }),
    ...(init && alive && { initPid: init.pid }),
    ...(exit && { exit }),
  }
}

/** Who init is; undefined before there is one. */
export function readInit(path: string): ProcessIdentity | undefined {
  let text: string
  try {
    text = readOwnFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [pid, startTime] = text.trim().split(' ')
  return pid !== undefined && startTime !== undefined ? { pid: Number(pid), startTime } : undefined
}
