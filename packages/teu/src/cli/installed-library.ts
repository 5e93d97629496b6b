/** The real {@link Library}. It is loaded when a command needs it: `--version`, `--help` and a mistake on the line do not. */

import type { Library } from './library.ts'

/** The library that is installed beside the command line. */
export const library: Library = {
  open: async (options) => (await load()).Containers.open(options),
  explain: async (id, { open, ...options }, how) => {
    const { Containers, explainPlan } = await load()
    return explainPlan(Containers.plan(id, options, 'create', open), how)
  },
  statsDocument: async (stats) => (await load()).toRuncStats(stats),
  mountOptions: async () => (await load()).MOUNT_OPTION_WORDS,
}

async function load(): Promise<typeof import('@teu/container')> {
  return await import('@teu/container')
}
