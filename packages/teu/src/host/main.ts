/** Commands for a daemon, from the words of the line to the exit status; and what to say when no daemon was named. */

import { programHelp } from '../cli/help.ts'
import type { Io } from '../cli/io.ts'
import { usage } from '../cli/parse.ts'
import { dispatch, type Program } from '../cli/program.ts'
import type { TeuContext } from '../human/context.ts'
import { failureText } from '../human/failure-text.ts'
import { GLOBALS, type GlobalValues } from '../human/globals.ts'
import type { HostDoor } from '../human/host-door.ts'
import { paintFor } from '../human/paint.ts'
import { HOST_COMMANDS, joinImagesWords } from './commands.ts'
import type { HostContext } from './context.ts'
import type { Host, HostOptions } from './host.ts'
import { socketOf } from './host-url.ts'

const PROGRAM: Program<HostContext> = {
  name: 'teu',
  summary: 'containers of a daemon, for people',
  globals: GLOBALS,
  commands: HOST_COMMANDS,
}
const EXAMPLE = 'containerd:///run/containerd/containerd.sock'

/** One invocation. */
export interface HostInvocation {
  readonly words: readonly string[]
  readonly values: GlobalValues
  readonly root: string | undefined
  readonly io: Io
  readonly door: HostDoor
  /** The commands for containers of teu itself. */
  readonly local: Program<TeuContext>
  readonly debug: boolean
}

/** Runs a command for a daemon, or prints help.
 *  @returns the exit status
 *  @throws {TeuError} ERR_TEU_USAGE when a daemon is needed and none was named … */
export async function runHostCommand(invocation: HostInvocation): Promise<number> {
  const { values, io, local } = invocation
  const words = joinImagesWords(invocation.words)
  const options = hostOptionsOf(invocation)
  if (options === undefined) return withoutHost(words, invocation)
  const own = words[0] ?? ''
  if (!HOST_COMMANDS.some(({ name }) => name === own) && local.commands.some(({ name }) => name === own)) {
    throw usage(`${own}: cannot be used with ${originOf(values)}: it is for containers of teu itself`)
  }
  const task = dispatch(PROGRAM, words, io)
  if ('text' in task) {
    io.out(task.text)
    return 0
  }
  return performWith(options, task.perform, invocation)
}

async function performWith(
  options: HostOptions,
  perform: (context: HostContext) => Promise<number>,
  { io, door, debug }: HostInvocation,
): Promise<number> {
  let connection: Promise<Host> | undefined
  const context: HostContext = {
    io,
    console: await door.console(),
    paint: paintFor(io),
    host: () => (connection ??= door.connector().then((connector) => connector.connect(options))),
    warn: (error) => io.err(failureText(error, io, debug)),
  }
  try {
    return await perform(context)
  } finally {
    // One that could not be made has told so.
    const host = await connection?.catch(() => undefined)
    await host?.[Symbol.asyncDispose]()
  }
}

/** Undefined when no daemon was named.
 *  @throws {TeuError} ERR_TEU_USAGE */
function hostOptionsOf({ values, root, io: { env } }: HostInvocation): HostOptions | undefined {
  const text = values.host ?? env['TEU_HOST']
  if (text === undefined || (text === '' && values.host === undefined)) return undefined
  const given = env['CONTAINERD_NAMESPACE']
  const namespace = values.namespace ?? (given === undefined || given === '' ? 'default' : given)
  return { socket: socketOf(originOf(values), text), namespace, root }
}

const originOf = (values: GlobalValues): string => (values.host === undefined ? 'TEU_HOST' : '--host')

/** Help, and what is missing for the rest. */
function withoutHost(words: readonly string[], { values, io, local }: HostInvocation): number {
  const [name] = words
  const commands = HOST_COMMANDS.filter((command) => !local.commands.some((one) => one.name === command.name))
  if (name === undefined || (name === 'help' && words.length === 1)) {
    io.out(programHelp({ ...local, more: { title: 'Commands for a daemon, with --host', commands } }))
    return 0
  }
  const task = dispatch({ ...PROGRAM, commands: [...local.commands, ...commands] as Program<HostContext>['commands'] }, words, io)
  if ('text' in task) {
    io.out(task.text)
    return 0
  }
  if (values.namespace !== undefined) throw usage('--namespace: only a daemon has namespaces', 'Name the daemon with --host')
  throw usage(`${name}: no daemon is named`, `Write teu --host ${EXAMPLE} ${name}, or set TEU_HOST`)
}
