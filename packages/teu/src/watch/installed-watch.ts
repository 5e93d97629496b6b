/** The real {@link WatchDoor}. */

import { openEngine, SOURCES, UsageSampler, watchAll } from '@teu/watch'
import type { WatchDoor } from './watch-door.ts'

/** The watcher that is installed beside the command line. */
export const installedWatch: WatchDoor = { watchAll, openEngine, types: SOURCES.map(({ type }) => type), sampler: () => new UsageSampler() }
