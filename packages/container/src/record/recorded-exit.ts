/** The exit record of a container that somebody else's monitor watches. */

import { watch } from 'node:fs'
import { exitFromRecord } from '../report/exit-report.ts'
import type { ExitReport } from '../types.ts'
import type { LoadedRecord } from './container-record.ts'

/** The monitor writes within microseconds of the death; longer than this means that it was killed. */
const MONITOR_TIMEOUT_MS = 2_000

/** Waits until the monitor has written how init ended. Undefined when it did not. */
export async function recordedExit({ paths, stored }: LoadedRecord, signal?: AbortSignal): Promise<ExitReport | undefined> {
  const read = (): ExitReport | undefined => exitFromRecord(paths, stored.cgroup)
  return (
    read() ??
    (await new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer)
        watcher.close()
        signal?.removeEventListener('abort', finish)
        resolve(read())
      }
      // Watching begins before the second look, so a record written in between is not missed.
      const watcher = watch(paths.directory, () => read() && finish())
      watcher.on('error', finish)
      const timer = setTimeout(finish, MONITOR_TIMEOUT_MS)
      signal?.addEventListener('abort', finish, { once: true })
      if (read()) finish()
    }))
  )
}
