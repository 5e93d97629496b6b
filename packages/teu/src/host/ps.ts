/** `teu ps`. */

import { toTable } from '../cli/table.ts'
import { defineHostCommand, type HostCommand } from './context.ts'
import { nameOf } from './find-container.ts'
import type { ContainerRecord, TaskSummary } from './host.ts'
import { FORMAT_OPTION, isJson, jsonLines } from './output-format.ts'
import { ago, shortened, shortId } from './words.ts'

const COMMAND_LENGTH = 20
/** The states of a container that is more than its record. `unknown` is one whose shim does not answer. */
const ALIVE: ReadonlySet<string> = new Set(['running', 'paused', 'pausing', 'unknown'])

interface Row {
  readonly record: ContainerRecord
  readonly task: TaskSummary | undefined
}

/** Lists containers, the newest first. */
export const ps: HostCommand = defineHostCommand({
  name: 'ps',
  summary: 'List containers',
  synopsis: '',
  options: {
    all: { kind: 'flag', short: 'a', help: 'Also those that do not run' },
    quiet: { kind: 'flag', short: 'q', help: 'Print ids only' },
    'no-trunc': { kind: 'flag', help: 'Print ids and commands in full' },
    format: FORMAT_OPTION,
  },
  arity: [0, 0],
  check: ({ format }) => void isJson(format),
  async run({ all = false, quiet = false, 'no-trunc': full = false, format }, _args, { io, host: connect }) {
    const host = await connect()
    const [records, tasks] = await Promise.all([host.containers(), host.tasks()])
    const rows = records
      .map((record): Row => ({ record, task: tasks.get(record.id) }))
      .filter(({ task }) => all || (task !== undefined && ALIVE.has(task.status)))
      .sort((a, b) => (b.record.createdAt?.getTime() ?? 0) - (a.record.createdAt?.getTime() ?? 0))
    if (isJson(format)) io.out(jsonLines(rows.map(documentOf)))
    else if (quiet) io.out(rows.map(({ record: { id } }) => `${full ? id : shortId(id)}\n`).join(''))
    else io.out(tableOf(rows, full, io.now()))
  },
})

function tableOf(rows: readonly Row[], full: boolean, now: Date): string {
  const lines = rows.map(({ record, task }) => {
    const command = argsOf(record).join(' ')
    return [
      full ? record.id : shortId(record.id),
      record.image,
      `"${full ? command : shortened(command, COMMAND_LENGTH)}"`,
      ago(record.createdAt, now),
      statusText(task, now),
      nameOf(record),
    ]
  })
  return toTable([['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'NAMES'], ...lines])
}

/** When a program was started nobody keeps on record. */
function statusText(task: TaskSummary | undefined, now: Date): string {
  if (task === undefined) return 'Created'
  const { status, exitCode = 0, exitedAt } = task
  if (status === 'running') return 'Up'
  if (status === 'stopped') return `Exited (${exitCode}) ${ago(exitedAt, now)}`.trimEnd()
  if (status === 'paused' || status === 'pausing') return 'Up (Paused)'
  return status === 'created' ? 'Created' : 'Unknown'
}

function documentOf({ record, task }: Row): object {
  const { id, image, labels, createdAt, runtime } = record
  const name = nameOf(record)
  return {
    id,
    image,
    command: argsOf(record),
    ...(createdAt && { createdAt }),
    status: task?.status ?? 'none',
    ...(task && task.pid > 0 && { pid: task.pid }),
    ...(task?.exitCode !== undefined && { exitCode: task.exitCode }),
    ...(task?.exitedAt && { exitedAt: task.exitedAt }),
    ...(name !== '' && { name }),
    runtime: runtime.name,
    labels,
  }
}

/** Configs are whatever their makers have written. */
function argsOf({ spec }: ContainerRecord): string[] {
  const args = (spec as { process?: { args?: unknown } } | null | undefined)?.process?.args
  return Array.isArray(args) ? args.map(String) : []
}
