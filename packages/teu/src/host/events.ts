/** `teu events`. */

import { stringifyJson } from '@teu/spec'
import { usage } from '../cli/parse.ts'
import { printable } from '../cli/table.ts'
import { defineHostCommand, type HostCommand } from './context.ts'
import type { TaskEvent, TaskEventType } from './host.ts'
import { FORMAT_OPTION, isJson } from './output-format.ts'
import { interruptible } from './signal-relay.ts'

const TYPES: readonly TaskEventType[] = ['create', 'start', 'exit', 'oom', 'exec-added', 'exec-started', 'paused', 'resumed', 'delete']
const INIT = 'init'

/** Prints what happens to containers, until it is interrupted. */
export const events: HostCommand = defineHostCommand({
  name: 'events',
  summary: 'Print what happens to containers, until Ctrl-C',
  synopsis: '',
  options: {
    filter: { kind: 'list', short: 'f', value: 'NAME=VALUE', help: 'type=TYPE or container=ID; each of several names must fit' },
    format: { ...FORMAT_OPTION, help: 'text (default), or json: one object per line' },
  },
  notes: `TYPE is one of ${TYPES.join(', ')}. An ID may be cut short.`,
  arity: [0, 0],
  check({ filter = [], format }) {
    isWantedBy(filter)
    isJson(format === 'text' ? 'table' : format)
  },
  async run({ filter = [], format }, _args, { io, console, host: connect }) {
    const isWanted = isWantedBy(filter)
    const host = await connect()
    await interruptible(console, async ({ signal }) => {
      for await (const event of host.events(signal)) {
        if (isWanted(event)) io.out(format === 'json' ? `${stringifyJson(documentOf(event))}\n` : lineOf(event))
      }
      return 0
    })
    return 0
  },
})

/** Values of the same name are alternatives.
 *  @throws {TeuError} ERR_TEU_USAGE */
function isWantedBy(filters: readonly string[]): (event: TaskEvent) => boolean {
  const types: string[] = []
  const containers: string[] = []
  for (const text of filters) {
    const [, name = '', value = ''] = /^(\w+)=(.+)$/s.exec(text) ?? []
    if (name === 'container') containers.push(value)
    else if (name !== 'type' && name !== 'event') throw usage(`--filter: expected type=TYPE or container=ID, got "${text}"`)
    else if (!TYPES.includes(value as TaskEventType)) throw usage(`--filter: unknown type "${value}"`, `There are ${TYPES.join(', ')}`)
    else types.push(value)
  }
  return ({ type, containerId }) =>
    (types.length === 0 || types.includes(type)) && (containers.length === 0 || containers.some((id) => containerId.startsWith(id)))
}

/** What the client itself makes of an event, such as whether it knew the container, is left out. */
function documentOf({ error, known: _known, source, ...event }: TaskEvent): object {
  return { ...event, ...(source === 'resync' && { source }), ...(error && { error: error.message }) }
}

function lineOf({ timestamp, type, containerId, processId, pid, exitCode, oomKilled }: TaskEvent): string {
  const details = [
    ...(processId === INIT ? [] : [`process=${processId}`]),
    ...(pid === undefined || pid === 0 ? [] : [`pid=${pid}`]),
    ...(exitCode === undefined ? [] : [`exitCode=${exitCode}`]),
    ...(oomKilled ? ['oomKilled=true'] : []),
  ]
  const text = `${timestamp.toISOString()} container ${type} ${containerId}`
  return `${printable(details.length === 0 ? text : `${text} (${details.join(', ')})`)}\n`
}
