/** `teu rm`. */

import { isTeuError, TeuError } from '@teu/spec'
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
      const record = await findContainer(host, text, 'remove')
      await host.remove(record, { force }).catch((error: unknown) => {
        throw explained(error, text)
      })
      context.io.out(`${text}\n`)
    })
  },
})

/** What the client says of tasks, in the words of this command. */
function explained(error: unknown, text: string): unknown {
  if (!isTeuError(error, 'ERR_TEU_INVALID_STATE')) return error
  const { containerId, from = 'running', cause } = error
  return new TeuError('ERR_TEU_INVALID_STATE', `Cannot remove "${text}": it is ${from}`, {
    containerId,
    from,
    cause,
    remedy: 'Stop it first, or use --force',
  })
}
