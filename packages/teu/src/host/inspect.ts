/** `teu inspect`. */

import { stringifyJson } from '@teu/spec'
import { defineHostCommand, type HostCommand } from './context.ts'
import { eachOf } from './each-of.ts'
import { findContainer } from './find-container.ts'
import type { ContainerRecord, Host } from './host.ts'

/** Prints everything that the daemon knows of containers. */
export const inspect: HostCommand = defineHostCommand({
  name: 'inspect',
  summary: 'Print record, task and config of containers as JSON',
  synopsis: 'ID…',
  options: {},
  arity: [1, Number.POSITIVE_INFINITY],
  async run(_values, ids, context) {
    const host = await context.host()
    const documents: object[] = []
    try {
      await eachOf(ids, context, async (text) => {
        documents.push(await documentOf(host, await findContainer(host, text, 'inspect')))
      })
    } finally {
      // What was found is shown also when something else was not.
      context.io.out(`${stringifyJson(documents, 2)}\n`)
    }
  },
})

async function documentOf(host: Host, record: ContainerRecord): Promise<object> {
  const { spec, extensions, runtime, ...rest } = record
  const task = await host.task(record.id)
  return {
    ...rest,
    // Payloads of other programs are bytes; their types tell whose they are.
    runtime: { name: runtime.name, ...(runtime.options && { optionsType: runtime.options.typeUrl }) },
    extensions: Object.fromEntries(Object.entries(extensions).map(([name, { typeUrl }]) => [name, typeUrl])),
    ...(task && { task }),
    spec,
  }
}
