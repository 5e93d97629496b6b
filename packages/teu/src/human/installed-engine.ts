/** The real {@link Engine}. */

import { Containers, explainPlan, type OpenOptions } from '@teu/container'
import { planRun, run } from '@teu/engine'
import type { Engine } from './engine.ts'
import { engineOptionsOf } from './engine-options.ts'
import { readSeccomp } from './read-seccomp.ts'

/** The engine that is installed beside the command line. */
export const engine: Engine = {
  run: async (request, root) => {
    // Pipes to the container need the helper that stays; it ends when this process does.
    const helper = request.capture ? 'spawner' : 'once'
    const containers = await Containers.open({ helper, trace: request.trace, ...(root !== undefined && { root }) })
    return await run({ ...engineOptionsOf(request, readSeccomp), containers })
  },
  explain: (request, root, how) =>
    Promise.resolve().then(() => {
      const open: OpenOptions = { helper: 'once', ...(root !== undefined && { root }) }
      return explainPlan(planRun(engineOptionsOf(request, readSeccomp), open), how)
    }),
}
