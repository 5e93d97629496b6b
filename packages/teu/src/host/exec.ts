/** `teu exec`. */

import { type Process, TeuError } from '@teu/spec'
import { resolve } from 'node:path'
import type { OptionValues } from '../cli/options.ts'
import { usage } from '../cli/parse.ts'
import { environmentOf } from '../human/environment.ts'
import { defineHostCommand, type HostCommand, type HostContext } from './context.ts'
import { findContainer } from './find-container.ts'
import { checkTerminal, runForeground } from './foreground.ts'
import type { ContainerRecord, Host } from './host.ts'
import { interruptible, type SignalRelay } from './signal-relay.ts'
import { tellEnding } from './tell-ending.ts'

const OPTIONS = {
  interactive: { kind: 'flag', short: 'i', help: 'Connect stdin' },
  tty: { kind: 'flag', short: 't', help: 'Give the program a terminal' },
  env: { kind: 'list', short: 'e', value: 'NAME[=VALUE]', help: "Set a variable; without a value, take the caller's" },
  'env-file': { kind: 'list', value: 'FILE', help: 'Read variables from FILE, one per line' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run as this user, by number or by name in the container' },
  workdir: { kind: 'text', short: 'w', value: 'DIR', help: 'Working directory in the container' },
  detach: { kind: 'flag', short: 'd', help: 'Return when the program runs; its output goes nowhere' },
} as const

type ExecValues = OptionValues<typeof OPTIONS>

const NO_PROCESS: Process = { cwd: '/', user: { uid: 0, gid: 0 }, args: [] }

/** Runs one more program in a container; its exit status becomes the command's. */
export const exec: HostCommand = defineHostCommand({
  name: 'exec',
  summary: 'Run one more program in a container',
  synopsis: 'ID COMMAND [ARGUMENTS]',
  options: OPTIONS,
  notes: 'Environment, user, directory and capabilities are those of the container, unless options say otherwise.',
  arity: [1, Number.POSITIVE_INFINITY],
  stopAtPositional: true,
  check({ detach = false, interactive = false, tty = false }, { length }) {
    if (length < 2) throw usage('the command to run is missing')
    if (detach && interactive) throw usage('--interactive: cannot be used with --detach: nobody would write to its stdin')
    if (detach && tty) throw usage('--tty: cannot be used with --detach: nobody would be at its terminal')
  },
  run: (values, args, context) => interruptible(context.console, (relay) => perform(values, args, context, relay)),
})

async function perform(values: ExecValues, line: readonly string[], context: HostContext, relay: SignalRelay): Promise<number> {
  const [id = '', ...args] = line
  const { tty: terminal = false, interactive = false, detach = false } = values
  const { console } = context
  const env = environmentOf(values.env ?? [], values['env-file'] ?? [], context.io, (text) => resolve(context.io.cwd, text))
  checkTerminal(console, { terminal, interactive })
  const host = await context.host()
  const record = await findContainer(host, id, 'exec in')
  const process = host.exec(record.id, await processFor(host, record, args, env, values, console.size()))
  if (detach) {
    await process.start({}, relay.signal)
    return 0
  }
  const ending = await runForeground(process, { terminal, interactive }, console, relay)
  tellEnding(args[0] ?? id, { ...ending, oomKilled: false }, undefined, context)
  return ending.exitCode
}

/** The container's own process with other arguments. */
async function processFor(
  host: Host,
  record: ContainerRecord,
  args: readonly string[],
  env: readonly string[],
  { tty: terminal = false, user, workdir }: ExecValues,
  size: ReturnType<HostContext['console']['size']>,
): Promise<Process> {
  const own = (record.spec as { process?: Process } | null | undefined)?.process ?? NO_PROCESS
  const { terminal: _terminal, consoleSize: _size, ...base } = own
  const merged = [...(base.env ?? []), ...(terminal && !hasTerm(base.env) ? ['TERM=xterm'] : []), ...env]
  return {
    ...base,
    args: [...args],
    terminal,
    env: merged,
    ...(terminal && size && { consoleSize: { width: size.columns, height: size.rows } }),
    ...(workdir !== undefined && { cwd: workdir }),
    ...(user !== undefined && { user: host.userOf(user, await pidOf(host, record.id)) }),
  }
}

const hasTerm = (env: readonly string[] | undefined): boolean => env?.some((entry) => entry.startsWith('TERM=')) === true

async function pidOf(host: Host, containerId: string): Promise<number> {
  const task = await host.task(containerId)
  if (task !== undefined && task.pid > 0 && task.status !== 'stopped') return task.pid
  throw new TeuError('ERR_TEU_NOT_RUNNING', `Cannot exec in "${containerId}": the container is not running`, { containerId })
}
