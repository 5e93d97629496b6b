/** `teu rm`. */

import { defineHostCommand, type HostCommand } from './context.ts'
import { eachOf } from './each-of.ts'
import { findContainer } from './find-container.ts'

/** Removes containers that have ended, with their root file systems. */
export const rm: HostCommand = defineHostCommand({
  name: 'rm',
  summary: 'Remove containers',
  synopsis: 'ID…',
  options: { force: { kind: 'flag', short: 'f', help: 'Kill a container that runs first' } },
  arity: [1, Number.POSITIVE_INFINITY],
  async run({ force = false }, ids, context) {
    const host = await context.host()
    await eachOf(ids, context, async (text) => {
      await host.remove(await findContainer(host, text, 'remove'), { force })
      context.io.out(`${text}\n`)
    })
  },
})
