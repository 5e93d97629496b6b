/** `teu-oci pause` and `teu-oci resume`. Both are strict, where the library is content when there is nothing to do. */

import { TeuError } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'

/** Freezes every process of a container. */
export const pause: OciCommand = defineCommand({
  name: 'pause',
  summary: 'Freeze all processes of a container',
  synopsis: 'ID',
  options: {},
  arity: [1, 1],
  async run(_values, [id = ''], context) {
    const container = await context.container(id)
    const status = await container.status()
    if (status === 'paused' || status === 'pausing') {
      throw new TeuError('ERR_TEU_PAUSED', `cannot pause container ${id}: container paused`, {
        containerId: id,
        operation: 'pause',
        from: status,
      })
    }
    await container.pause()
  },
})

/** Thaws every process of a paused container. */
export const resume: OciCommand = defineCommand({
  name: 'resume',
  summary: 'Thaw all processes of a container',
  synopsis: 'ID',
  options: {},
  arity: [1, 1],
  async run(_values, [id = ''], context) {
    const container = await context.container(id)
    const status = await container.status()
    if (status === 'created' || status === 'running') {
      throw new TeuError('ERR_TEU_NOT_PAUSED', `cannot resume container ${id}: container not paused`, {
        containerId: id,
        operation: 'resume',
        from: status,
      })
    }
    await container.resume()
  },
})
