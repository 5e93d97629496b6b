/** Serves the page for scripted engines, on whatever runs this file, until SIGTERM. Prints the address, and `closed` at the end.
 *  Arguments: number of containers, milliseconds between samples. */

import { writeSync } from 'node:fs'
import { servePage } from '../../src/watch/web/serve-page.ts'
import { fleetUsage, largeFleet } from './fleet.ts'
import { scriptedSampler } from './scripted-page.ts'
import { watchAll } from '@teu/watch'

const [count = '3', intervalMs = '20'] = process.argv.slice(2)
const abort = new AbortController()
process.once('SIGTERM', () => abort.abort())
const watcher = watchAll({ engines: largeFleet(Number(count)) })
await watcher.ready()
const sampler = scriptedSampler(() => fleetUsage)
const { url, closed } = await servePage({
  watcher,
  sampler,
  intervalMs: Number(intervalMs),
  signal: abort.signal,
  times: { stuckMs: 1_000 },
})
writeSync(1, `${url}\n`)
await closed
await watcher[Symbol.asyncDispose]()
writeSync(1, 'closed\n')
