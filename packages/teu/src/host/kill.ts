/** `teu kill`. */

import { signalNumber } from '@teu/spec'
import { usage } from '../cli/parse.ts'
import { defineHostCommand, type HostCommand } from './context.ts'
import { eachOf } from './each-of.ts'
import { findContainer } from './find-container.ts'

/** Sends a signal to the first program of containers. */
export const kill: HostCommand = defineHostCommand({
  name: 'kill',
  summary: 'Send a signal to containers',
  synopsis: 'ID…',
  options: {
    signal: { kind: 'text', short: 's', value: 'SIGNAL', help: 'Name or number (default KILL)' },
    all: { kind: 'flag', short: 'a', help: 'Send it to every process of the container' },
  },
  arity: [1, Number.POSITIVE_INFINITY],
  check({ signal = 'KILL' }) {
    if (signalNumber(signal) === 0) throw usage('--signal: there is no signal 0 here', 'teu ps tells whether a container runs')
  },
  async run({ signal = 'KILL', all = false }, ids, context) {
    const host = await context.host()
    await eachOf(ids, context, async (text) => {
      const { id } = await findContainer(host, text, 'kill')
      await host.kill(id, signalNumber(signal), { all })
      context.io.out(`${text}\n`)
    })
  },
})
