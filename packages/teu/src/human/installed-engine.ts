/** The real {@link Engine}. */

import { Containers, explainPlan } from '@teu/container'
import { run } from '@teu/engine'
import type { Engine, RunRequest } from './engine.ts'

export const engine: Engine = {
  run: async (request, root) => {
    const containers = await open(root)
    return await run({ ...requestOf(request), containers })
  },
  explain: async (request, root, { format }) => '',
}
