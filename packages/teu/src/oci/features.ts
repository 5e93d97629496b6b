/** `teu-oci features`. */

import { stringifyJson } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'
import { featuresDocument } from './features-document.ts'

/** Prints what the runtime knows, whatever the machine has. */
export const features: OciCommand = defineCommand({
  name: 'features',
  summary: 'Print what this runtime knows, as JSON',
  synopsis: '',
  options: {},
  arity: [0, 0],
  async run(_values, _args, { io, library }) {
    io.out(`${stringifyJson(featuresDocument(await library.mountOptions()), 4)}\n`)
  },
})
