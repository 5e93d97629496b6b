/** `teu stop`. */

import { parseDurationMs } from '../cli/quantities.ts'
import { usage } from '../cli/parse.ts'
import { signalNumber } from '@teu/spec'
import { defineHostCommand, type HostCommand } from './context.ts'
import { eachOf } from './each-of.ts'
import { findContainer } from './find-container.ts'
import type { ContainerRecord } from './host.ts'

/** Where whoever makes containers of images keeps the signal that the image asks for. */
const SIGNAL_LABEL = 'io.containerd.image.config.stop-signal'
const DEFAULT_SIGNAL = 'SIGTERM'

/** Ends the first program of containers, by asking and then by force. */
export const stop: HostCommand = defineHostCommand({
  name: 'stop',
  summary: 'End the program of containers',
  synopsis: 'ID…',
  options: {
    signal: { kind: 'text', short: 's', value: 'SIGNAL', help: 'Name or number (default: what the image asks for, or TERM)' },
    timeout: { kind: 'text', short: 't', value: 'DURATION', help: 'Kill it after this time (default 10s)' },
  },
  notes: 'The container stays, with its exit status: see "teu start" and "teu rm".',
  arity: [1, Number.POSITIVE_INFINITY],
  check({ signal = DEFAULT_SIGNAL, timeout = '10s' }) {
    if (signalNumber(signal) === 0) throw usage('--signal: there is no signal 0 here', 'teu ps tells whether a container runs')
    parseDurationMs('timeout', timeout)
  },
  async run({ signal, timeout = '10s' }, ids, context) {
    const host = await context.host()
    const timeoutMs = parseDurationMs('timeout', timeout)
    await eachOf(ids, context, async (text) => {
      const record = await findContainer(host, text, 'stop')
      await host.stop(record.id, { signal: signal === undefined ? signalOf(record) : signalNumber(signal), timeoutMs })
      context.io.out(`${text}\n`)
    })
  },
})

/** Labels are anybody's: one that names no signal counts as none. */
function signalOf({ labels }: ContainerRecord): number {
  try {
    const number = signalNumber(labels[SIGNAL_LABEL] ?? DEFAULT_SIGNAL)
    if (number !== 0) return number
  } catch {
    // As without a label.
  }
  return signalNumber(DEFAULT_SIGNAL)
}
