/** `teu-oci delete`. */

import { isTeuError, TeuError } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { ContainerSet } from '../cli/library.ts'
import type { OciCommand } from './context.ts'
import { eachMatching } from './matching.ts'
import { ociStatus } from './state-document.ts'

/** Removes a container that is stopped or was never started; with --force any, and one that is not there is then no failure. */
export const deleteContainer: OciCommand = defineCommand({
  name: 'delete',
  summary: 'Remove a container',
  synopsis: 'ID',
  options: {
    force: { kind: 'flag', short: 'f', help: 'Kill it first; do not fail when there is no such container' },
    regex: { kind: 'flag', help: 'ID is a regular expression; every container that it matches is removed' },
  },
  arity: [1, 1],
  async run({ force = false, regex = false }, [id = ''], context) {
    const containers = await context.containers()
    const remove = (target: string): Promise<void> => (force ? containers.remove(target, { force }) : removeStopped(containers, target))
    await (regex ? eachMatching(containers, id, remove) : remove(id))
  },
})

async function removeStopped(containers: ContainerSet, id: string): Promise<void> {
  try {
    await containers.remove(id)
  } catch (error) {
    if (!isTeuError(error, 'ERR_TEU_RUNNING') && !isTeuError(error, 'ERR_TEU_PAUSED')) throw error
    const status = ociStatus(await (await containers.load(id)).status())
    throw new TeuError('ERR_TEU_RUNNING', `cannot delete container ${id} that is not stopped: ${status}`, {
      containerId: id,
      operation: 'delete',
      from: status,
      remedy: 'Kill it first, or use --force',
      cause: error,
    })
  }
}
