/** `teu-oci start`. */

import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'

/** Lets the program of a created container run. */
export const start: OciCommand = defineCommand({
  name: 'start',
  summary: 'Run the program of a created container',
  synopsis: 'ID',
  options: {},
  arity: [1, 1],
  async run(_values, [id = ''], context) {
    const notifySocket = context.io.env['NOTIFY_SOCKET']
    await (await context.container(id)).start(notifySocket ? { notifySocket } : {})
  },
})
