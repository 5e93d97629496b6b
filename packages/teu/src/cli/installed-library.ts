/** The real {@link Library}. It is loaded when a command needs it: `--version`, `--help` and a mistake on the line do not. Each use names
 *  what it takes of the library, so that the bundler leaves out what no command takes. */

import type { Library } from './library.ts'

/** The library that is installed beside the command line. */
export const library: Library = {
  open: async (options) => (await import('@teu/container')).Containers.open(options),
  explain: async (id, { open, ...options }, how) => {
    const { Containers, explainPlan } = await import('@teu/container')
    return explainPlan(Containers.plan(id, options, 'create', open), how)
  },
  statsDocument: async (stats) => (await import('@teu/container')).toRuncStats(stats),
  mountOptions: async () => (await import('@teu/container')).MOUNT_OPTION_WORDS,
}
