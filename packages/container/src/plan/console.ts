/** The terminal of a program: made inside the container, handed to whoever keeps it. Pure. */

import { NO_SLOT, type Step } from '@teu/init'
import { type Box, TeuError } from '@teu/spec'
import { UNCHANGED_ID } from './kernel-flags.ts'
import { SLOT } from './slots.ts'
import { openNullStream, type StdioPlan } from './stdio.ts'

/** Terminal that the staying teu-init relays: bytes of `input` go to the program, its output goes to `output`. */
export interface TerminalPlan {
  readonly input: StdioPlan
  readonly output: StdioPlan
  /** The terminal in `input` is put into raw mode meanwhile, and its size followed. */
  readonly raw: boolean
}

/** Name that goes with the master descriptor; what receivers get from other runtimes too. */
const MASTER_NAME = '/dev/ptmx'
/** Socket type of connect(2). */
const SOCK_STREAM = 1

/** What a plan needs for a terminal. */
export interface ConsoleSteps {
  /** Parent, before anything has changed. */
  readonly parent: readonly Step[]
  /** Container, after the mounts. */
  readonly open: readonly Step[]
  /** Container, as the standard streams. */
  readonly use: readonly Step[]
  /** Fields of `supervise`. */
  readonly relay: { readonly master: number; readonly input: number; readonly output: number; readonly raw: boolean }
}

const NO_RELAY = { master: NO_SLOT, input: NO_SLOT, output: NO_SLOT, raw: false } as const

interface ConsoleRequest {
  readonly size?: Box | undefined
  /** The program's uid in the container. */
  readonly uid: number
  readonly consoleSocket?: string | undefined
  readonly terminal?: TerminalPlan | undefined
  /** Slot of the root, where /dev/console is made as well; NO_SLOT in a container that runs already. */
  readonly root: number
}

/** Plans a terminal.
 *  @throws {TeuError} ERR_TEU_USAGE when nobody is there to keep the master */
export function planConsole({ size, uid, consoleSocket, terminal, root }: ConsoleRequest): ConsoleSteps {
  if (consoleSocket === undefined && terminal === undefined) {
    throw new TeuError('ERR_TEU_USAGE', 'Cannot allocate a terminal without a console socket', { pointer: '/process/terminal' })
  }
  const keep = consoleSocket === undefined ? relayTo(terminal as TerminalPlan) : sendTo(consoleSocket)
  return {
    parent: keep.parent,
    open: [
      {
        op: 'open_pty',
        master: SLOT.ptyMaster,
        peer: SLOT.ptyPeer,
        root,
        ptmx: '/dev/pts/ptmx',
        rows: size?.height ?? 0,
        cols: size?.width ?? 0,
        pointer: '/process/terminal',
      },
      ...(uid === 0 ? [] : [{ op: 'own', slot: SLOT.ptyPeer, uid, gid: UNCHANGED_ID } as const]),
      ...(root === NO_SLOT ? [] : [{ op: 'bind_console', peer: SLOT.ptyPeer, root, path: '/dev/console' } as const]),
      keep.handOver,
    ],
    use: [
      ...[0, 1, 2].map((fd): Step => ({ op: 'stdio', fd, slot: SLOT.ptyPeer })),
      { op: 'setsid' },
      { op: 'controlling_tty', peer: SLOT.ptyPeer },
    ],
    relay: keep.relay,
  }
}

/** A program without a terminal, in a session of its own: it has no controlling terminal, the caller's included. */
export function noConsole(streams: readonly Step[]): ConsoleSteps {
  return { parent: [], open: [], use: [...streams, { op: 'setsid' }], relay: NO_RELAY }
}

function sendTo(path: string): { parent: Step[]; handOver: Step; relay: ConsoleSteps['relay'] } {
  return {
    parent: [{ op: 'connect', slot: SLOT.consoleSocket, path, type: SOCK_STREAM }],
    handOver: { op: 'send_fd', socket: SLOT.consoleSocket, fd: SLOT.ptyMaster, payload: new TextEncoder().encode(MASTER_NAME) },
    relay: NO_RELAY,
  }
}

function relayTo({ input, output, raw }: TerminalPlan): { parent: Step[]; handOver: Step; relay: ConsoleSteps['relay'] } {
  const parent: Step[] = [input, output].some(({ kind }) => kind === 'null') ? openNullStream() : []
  const slotOf = (stream: StdioPlan, slot: number, ownFd: number): number => {
    if (stream.kind === 'slot') return stream.slot
    if (stream.kind === 'null') return SLOT.nullStream
    parent.push({ op: 'adopt', slot, fd: stream.kind === 'adopt' ? stream.fd : ownFd })
    return slot
  }
  const relay = {
    master: SLOT.ptyMaster,
    input: slotOf(input, SLOT.terminalInput, 0),
    output: slotOf(output, SLOT.terminalOutput, 1),
    raw,
  }
  return { parent, handOver: { op: 'give', slot: SLOT.ptyMaster }, relay }
}
