/** Standard streams: what the caller asked for, as descriptors and slots that a plan can name. */

import type { Readable, Writable } from 'node:stream'
import { HeadStart } from '../helper/head-start.ts'
import { children, OnceTransport, FIRST_EXTRA_FD as ONCE_FIRST_EXTRA_FD } from '../helper/once.ts'
import { readableFrom, writableTo } from '../helper/pipe-streams.ts'
import { FIRST_EXTRA_FD as SPAWNER_FIRST_EXTRA_FD, sharedSpawner, SpawnerTransport } from '../helper/spawner.ts'
import type { Transport } from '../helper/transport.ts'
import type { StdioPlan, TerminalPlan } from '../plan/create.ts'
import type { Stdio, StdioStream } from '../types.ts'

/** `spawner`: a long-lived helper, for programs. `once`: a helper per operation, for the command line. */
export type HelperKind = 'spawner' | 'once'

export interface StdioRequest {
  readonly helper: HelperKind
  readonly stdio: Stdio
  /** True when the program gets a pty and this process relays it (no console socket). */
  readonly relayTerminal: boolean
  readonly extraFds: readonly number[]
  /** See {@link startAhead}. */
  readonly headStart?: HeadStart | undefined
}

/** What a plan says of the streams. Pure: nothing is open yet. */
export interface PlannedStdio {
  readonly plans: readonly [StdioPlan, StdioPlan, StdioPlan]
  readonly terminal?: TerminalPlan
  /** Numbers that the extra descriptors have in teu-init. */
  readonly extraFds: readonly number[]
}

/** Streams and the helper that can reach them. */
export interface ConnectedStdio {
  readonly transport: Transport
  readonly tag?: number
  readonly stdin?: Writable
  readonly stdout?: Readable
  readonly stderr?: Readable
  /** Drops the streams after a failure. */
  discard(): void
  /** Ends a helper that was started for this process alone. */
  releaseTransport(): void
}

/** Slots in which teu-init keeps the FIFOs of stdin, stdout and stderr. */
const PIPE_SLOTS = [0, 1, 2] as const
const NAMES = ['stdin', 'stdout', 'stderr'] as const

/** Says how the streams appear in a plan. */
export function planStdio(request: StdioRequest): PlannedStdio {
  const first = request.helper === 'once' ? ONCE_FIRST_EXTRA_FD : SPAWNER_FIRST_EXTRA_FD
  const wanted = perStream(request.stdio)
  const plan = (index: 0 | 1 | 2): StdioPlan => {
    const stream = wanted[index]
    if (stream === 'pipe') return { kind: 'slot', slot: PIPE_SLOTS[index] }
    return stream === 'null' ? { kind: 'null' } : { kind: 'inherit' }
  }
  const plans = [plan(0), plan(1), plan(2)] as const
  return {
    plans,
    ...(request.relayTerminal && {
      terminal: { input: plans[0], output: plans[1], raw: request.helper === 'once' && isTerminal(wanted[0]) },
    }),
    extraFds: request.extraFds.map((_, index) => first + index),
  }
}

/** Starts the helper of a plan that is still to be compiled. */
export function startAhead({ stdio, extraFds }: StdioRequest, { network }: { network: boolean }): HeadStart {
  return new HeadStart({ children, stdio: inheritedFrom(perStream(stdio)), extraFds, network })
}

/** Opens the streams. Pipes exist as files in `directory` (0700 and ours) for a moment only. */
export async function connectStdio(request: StdioRequest, directory: string): Promise<ConnectedStdio> {
  const wanted = perStream(request.stdio)
  const { transport, own } = chooseTransport(request, wanted, directory)
  // A terminal has one output: there is nothing to read from a pipe on stderr.
  const pipes = NAMES.filter((name, index) => wanted[index] === 'pipe' && !(request.relayTerminal && name === 'stderr'))
  const opened =
    pipes.length === 0
      ? undefined
      : await transport.openPipes(
          pipes.map((name) => ({
            slot: PIPE_SLOTS[NAMES.indexOf(name)] as number,
            containerReads: name === 'stdin',
            path: `${directory}/${name}`,
          })),
        )
  const streams: { stdin?: Writable; stdout?: Readable; stderr?: Readable } = {}
  for (const [position, name] of pipes.entries()) {
    const fd = opened?.fds[position] as number
    if (name === 'stdin') streams.stdin = writableTo(fd)
    else streams[name] = readableFrom(fd)
  }
  return {
    transport,
    ...(opened && { tag: opened.tag }),
    ...streams,
    discard: () => {
      for (const stream of Object.values(streams)) stream.destroy()
    },
    releaseTransport: () => {
      if (own) void transport.close()
    },
  }
}

/** Raw mode is for a terminal at the other side; anything else is relayed as it is. */
function isTerminal(stdin: StdioStream): boolean {
  const fd = stdin === 'inherit' ? 0 : stdin
  return typeof fd === 'number' && process.getBuiltinModule('node:tty').isatty(fd)
}

function perStream(stdio: Stdio): readonly [StdioStream, StdioStream, StdioStream] {
  return typeof stdio === 'object' ? stdio : [stdio, stdio, stdio]
}

function inheritedFrom(wanted: readonly StdioStream[]): [number, number, number] {
  return wanted.map((stream, index) => (typeof stream === 'number' ? stream : index)) as [number, number, number]
}

/** Descriptors of this process can only be inherited at the start of a helper, so they need one of their own. */
function chooseTransport(
  { helper, extraFds, headStart }: StdioRequest,
  wanted: readonly [StdioStream, StdioStream, StdioStream],
  directory: string,
): { transport: Transport; own: boolean } {
  const inherited = inheritedFrom(wanted)
  if (helper === 'once') return { transport: new OnceTransport({ directory, stdio: inherited, extraFds, headStart }), own: true }
  const special = extraFds.length > 0 || inherited.some((fd, index) => fd !== index)
  return special ? { transport: new SpawnerTransport(inherited, extraFds), own: true } : { transport: sharedSpawner(), own: false }
}
