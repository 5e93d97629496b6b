/** `teu-oci state`. */

import { stringifyJson } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'
import { stateDocument } from './state-document.ts'

/** Prints the state of a container as JSON. */
export const state: OciCommand = defineCommand({
  name: 'state',
  summary: 'Print the state of a container as JSON',
  synopsis: 'ID',
  options: {},
  arity: [1, 1],
  async run(_values, [id = ''], context) {
    const record = await (await context.container(id)).state()
    context.io.out(`${stringifyJson(stateDocument(record), 2)}\n`)
  },
})
