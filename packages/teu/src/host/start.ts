/** `teu start`. */

import { isTeuError, TeuError } from '@teu/spec'
import { defineHostCommand, type HostCommand } from './context.ts'
import { eachOf } from './each-of.ts'
import { findContainer } from './find-container.ts'

/** Runs the program of containers again. */
export const start: HostCommand = defineHostCommand({
  name: 'start',
  summary: 'Run the program of containers that have ended',
  synopsis: 'ID…',
  options: {},
  notes: 'Its output goes nowhere, as with "teu run --detach".',
  arity: [1, Number.POSITIVE_INFINITY],
  async run(_values, ids, context) {
    const host = await context.host()
    await eachOf(ids, context, async (text) => {
      const { id } = await findContainer(host, text, 'start')
      await host.start(id).catch((error: unknown) => {
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
  return new TeuError('ERR_TEU_INVALID_STATE', `Cannot start "${text}": it is ${from}`, { containerId, from, cause })
}
