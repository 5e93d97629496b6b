/** A program that watches one engine, prints what is told, and ends when its stdin does. */

import { watch } from '@teu/watch'
import { brief } from '../../src/testing/told.ts'

const [, , socket = ''] = process.argv
const watcher = watch(socket)
watcher.tap((events) => {
  for (const event of events) process.stdout.write(`${brief(event)}\n`)
})
for await (const _ of process.stdin) void _
await watcher[Symbol.asyncDispose]()
process.stdout.write('closed\n')
