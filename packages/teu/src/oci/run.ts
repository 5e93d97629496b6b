/** `teu-oci run`: create and start, and in the foreground also wait and delete. */

import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'
import { usage } from '../cli/parse.ts'
import { CREATE_OPTIONS, createOptionsOf } from './create-options.ts'
import { exitStatusOf } from './exit-status.ts'

/** Creates and starts a container. In the foreground its exit status becomes the command's. */
export const run: OciCommand = defineCommand({
  name: 'run',
  summary: 'Create and start a container',
  synopsis: 'ID',
  options: {
    ...CREATE_OPTIONS,
    detach: { kind: 'flag', short: 'd', help: 'Return when the program runs' },
    keep: { kind: 'flag', help: 'Keep the container when its program has ended' },
  },
  arity: [1, 1],
  check({ detach, 'console-socket': consoleSocket }) {
    if (detach !== true && consoleSocket !== undefined) {
      throw usage('--console-socket: cannot be used in the foreground', 'Add --detach, or leave the terminal to teu-oci')
    }
  },
  async run(values, [id = ''], context) {
    const { detach = false, keep = false } = values
    const options = createOptionsOf(values, context)
    if (values['dry-run'] === true) {
      context.io.out(await context.library.explain(id, { ...options, open: context.open }, { format: 'text', showEnv: false }))
      return 0
    }
    const containers = await context.containers()
    if (!detach) return exitStatusOf(await containers.run(id, { ...options, keep, forwardSignals: true }))
    const container = await containers.create(id, options)
    try {
      await container.start()
    } catch (error) {
      // --keep is for containers that have run.
      await container.destroy({ force: true })
      throw error
    }
    return 0
  },
})
