/** `teu stats`. */

import { isTeuError } from '@teu/spec'
import { toTable } from '../cli/table.ts'
import { byteText } from '../human/ending.ts'
import { defineHostCommand, type HostCommand, type HostContext } from './context.ts'
import { findContainer, nameOf } from './find-container.ts'
import type { ContainerRecord, Host, Usage } from './host.ts'
import { FORMAT_OPTION, isJson, jsonLines } from './output-format.ts'
import { interruptible } from './signal-relay.ts'
import { shortId } from './words.ts'

const INTERVAL_MS = 1000
/** Cursor to the upper left corner, and everything from there on away. */
const CLEAR = '\u001b[H\u001b[J'

interface Sample {
  readonly record: ContainerRecord
  readonly usage: Usage
}

/** Shows what containers use, each second anew, until it is interrupted or they have ended. */
export const stats: HostCommand = defineHostCommand({
  name: 'stats',
  summary: 'Show what containers use of the machine',
  synopsis: '[ID…]',
  options: { 'no-stream': { kind: 'flag', help: 'Print one result and end' }, format: FORMAT_OPTION },
  notes: 'Without ID: all containers that run. CPU % is the use of one processor over the last second.',
  arity: [0, Number.POSITIVE_INFINITY],
  check: ({ format }) => void isJson(format),
  async run({ 'no-stream': once = false, format }, ids, context) {
    const host = await context.host()
    const named = await Promise.all(ids.map((text) => findContainer(host, text, 'read the statistics of')))
    const list = (): Promise<ContainerRecord[]> => (ids.length === 0 ? running(host) : Promise.resolve(named))
    const status = await interruptible(context.console, ({ signal }) => follow(host, list, { once, json: isJson(format) }, context, signal))
    // It was to go on until somebody has seen enough.
    return once ? status : 0
  },
})

interface How {
  readonly once: boolean
  readonly json: boolean
}

async function follow(
  host: Host,
  list: () => Promise<ContainerRecord[]>,
  how: How,
  context: HostContext,
  signal: AbortSignal,
): Promise<number> {
  const { io, console } = context
  const clear = !how.once && !how.json && console.isTerminal('stdout') ? CLEAR : ''
  let before = await sample(host, await list(), how.once)
  for (;;) {
    await console.pause(INTERVAL_MS, signal)
    const now = await sample(host, await list(), false)
    if (now.length === 0 && before.length === 0 && !how.once) return 0
    const rows = now.map(({ record, usage }) => rowOf(record, usage, before.find((one) => one.record.id === record.id)?.usage))
    io.out(how.json ? jsonLines(rows) : `${clear}${tableOf(rows)}`)
    if (how.once) return 0
    before = now
  }
}

async function running(host: Host): Promise<ContainerRecord[]> {
  const [records, tasks] = await Promise.all([host.containers(), host.tasks()])
  return records.filter(({ id }) => ['running', 'paused'].includes(tasks.get(id)?.status ?? 'none'))
}

/** @param isStrict  a container that does not run is a failure; later it is one that has ended */
async function sample(host: Host, records: readonly ContainerRecord[], isStrict: boolean): Promise<Sample[]> {
  const samples = await Promise.all(
    records.map(async (record): Promise<Sample | undefined> => {
      try {
        return { record, usage: await host.usage(record.id) }
      } catch (error) {
        if (!isStrict && isTeuError(error, 'ERR_TEU_NOT_FOUND')) return undefined
        throw error
      }
    }),
  )
  return samples.filter((one) => one !== undefined)
}

/** One container in one moment. */
interface Row {
  readonly id: string
  readonly name?: string
  /** Of one processor; absent until there are two moments to compare. */
  readonly cpuPercent?: number
  readonly memoryBytes: number
  readonly memoryLimitBytes: number
  readonly memoryPercent: number
  readonly readBytes: number
  readonly writeBytes: number
  readonly pids: number
}

function rowOf(record: ContainerRecord, usage: Usage, before: Usage | undefined): Row {
  const { memoryBytes, limitBytes, readBytes, writeBytes, pids } = usage
  const spanMs = before === undefined ? 0 : usage.read.getTime() - before.read.getTime()
  const name = nameOf(record)
  return {
    id: record.id,
    ...(name !== '' && { name }),
    ...(before !== undefined && spanMs > 0 && { cpuPercent: percent(Math.max(0, usage.cpuMs - before.cpuMs), spanMs) }),
    memoryBytes,
    memoryLimitBytes: limitBytes,
    memoryPercent: percent(memoryBytes, limitBytes),
    readBytes,
    writeBytes,
    pids,
  }
}

const percent = (part: number, whole: number): number => (whole > 0 ? Number(((100 * part) / whole).toFixed(2)) : 0)

function tableOf(rows: readonly Row[]): string {
  const bytes = (value: number): string => byteText(BigInt(Math.round(value)))
  const lines = rows.map((row) => [
    shortId(row.id),
    row.name ?? row.id,
    row.cpuPercent === undefined ? '--' : `${row.cpuPercent.toFixed(2)}%`,
    `${bytes(row.memoryBytes)} / ${bytes(row.memoryLimitBytes)}`,
    `${row.memoryPercent.toFixed(2)}%`,
    `${bytes(row.readBytes)} / ${bytes(row.writeBytes)}`,
    String(row.pids),
  ])
  return toTable([['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE / LIMIT', 'MEM %', 'BLOCK I/O', 'PIDS'], ...lines])
}
