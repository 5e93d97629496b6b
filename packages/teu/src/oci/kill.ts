/** `teu-oci kill`. */

import { isTeuError, signalNumber } from '@teu/spec'
import { defineCommand } from '../cli/command.ts'
import type { OciCommand } from './context.ts'
import { eachMatching } from './matching.ts'

/** Sends a signal: a number, which may be any, or a name in any case with or without SIG. */
export const kill: OciCommand = defineCommand({
  name: 'kill',
  summary: 'Send a signal to a container',
  synopsis: 'ID [SIGNAL]',
  options: {
    all: { kind: 'flag', short: 'a', help: 'Send it to every process of the container' },
    regex: { kind: 'flag', short: 'r', help: 'ID is a regular expression; every container that it matches gets the signal' },
  },
  notes: 'SIGNAL is a name or a number (default SIGTERM).',
  arity: [1, 2],
  async run({ all = false, regex = false }, [id = '', signal = 'SIGTERM'], context) {
    const number = signalNumber(signal)
    const containers = await context.containers()
    const send = async (target: string): Promise<void> => {
      try {
        await (await containers.load(target)).kill(number, { all })
      } catch (error) {
        // Nothing is left that could get the signal: with --all that is what was asked for.
        if (!all || !isTeuError(error, 'ERR_TEU_NOT_RUNNING')) throw error
      }
    }
    await (regex ? eachMatching(containers, id, send) : send(id))
  },
})
