/** The real {@link Library}. */

import { Containers, explainPlan, MOUNT_OPTION_WORDS, toRuncStats } from '@teu/container'
import type { Library } from './library.ts'

/** The library that is installed beside the command line. */
export const library: Library = {
  open: async (options) => await Containers.open(options),
  explain: (id, { open, ...options }, how) => Promise.resolve().then(() => explainPlan(Containers.plan(id, options, 'create', open), how)),
  statsDocument: toRuncStats,
  mountOptions: MOUNT_OPTION_WORDS,
}
