/** The real {@link WatchDoor}. */

import { openEngine, UsageSampler, watchAll } from '@teu/watch'
import type { WatchDoor } from './watch-door.ts'

/** The watcher that is installed beside the command line. */
export const installedWatch: WatchDoor = { watchAll, openEngine, sampler: () => new UsageSampler() }
