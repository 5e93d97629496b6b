/** `teu-oci create`: everything up to the gate. */

import { TeuError } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import { parseDurationMs } from '../cli/quantities.ts'
import type { OciCommand } from './context.ts'
import { CREATE_OPTIONS, createOptionsOf } from './create-options.ts'

/** Makes a container whose program waits for `start`. */
export const create: OciCommand = defineCommand({
  name: 'create',
  summary: 'Create a container; its program waits for start',
  synopsis: 'ID',
  options: {
    ...CREATE_OPTIONS,
    timeout: { kind: 'text', value: 'DURATION', help: 'Give up and undo everything when creating takes longer' },
  },
  arity: [1, 1],
  async run(values, [id = ''], context) {
    const options = createOptionsOf(values, context)
    if (values['dry-run'] === true) {
      context.io.out(await context.library.explain(id, { ...options, open: context.open }, { format: 'text', showEnv: false }))
      return
    }
    const deadline = values.timeout === undefined ? undefined : startDeadline(id, values.timeout)
    await (await context.containers()).create(id, { ...options, ...(deadline && { signal: deadline.signal }) })
    deadline?.stop()
  },
})

function startDeadline(id: string, text: string): { readonly signal: AbortSignal; stop(): void } {
  const abort = new AbortController()
  const late = new TeuError('ERR_TEU_TIMEOUT', `Cannot create container ${id} within ${text}`, { containerId: id, operation: 'create' })
  const timer = setTimeout(() => abort.abort(late), parseDurationMs('timeout', text))
  return { signal: abort.signal, stop: () => clearTimeout(timer) }
}
