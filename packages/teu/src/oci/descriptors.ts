/** Descriptors that the caller hands over to the container: socket activation first, then `--preserve-fds`. */

import { readlinkSync } from 'node:fs'
import { TeuError } from '@teu/spec'
import type { Io } from '../cli/io.ts'
import { parseInteger } from '../cli/quantities.ts'

/** What the library is told about them. */
export interface InheritedFds {
  /** Own descriptor numbers, in the order in which they become 3, 4, … inside. */
  readonly extraFds?: readonly number[]
  readonly listenFds?: { readonly count: number; readonly names?: string }
}

/** Highest count that is believed; no process has more descriptors by default. */
const MAX_FDS = 1_048_576n
const FIRST = 3

/** Works out which descriptors go on, and that each one is there.
 *  @param preserve  value of `--preserve-fds`
 *  @throws {TeuError} ERR_TEU_USAGE, naming the descriptor that is missing */
export function inheritedFds(
  preserve: string | undefined,
  io: Io,
  isInherited: (fd: number) => boolean = isInheritedDescriptor,
): InheritedFds {
  const listen = listenFdsOf(io)
  const extra = preserve === undefined ? 0 : Number(parseInteger('preserve-fds', preserve, 0n, MAX_FDS))
  const count = (listen?.count ?? 0) + extra
  if (count === 0) return {}
  const extraFds = Array.from({ length: count }, (_, n) => FIRST + n)
  const missing = extraFds.find((fd) => !isInherited(fd))
  if (missing !== undefined) {
    const origin = missing < FIRST + (listen?.count ?? 0) ? 'LISTEN_FDS' : '--preserve-fds'
    throw new TeuError('ERR_TEU_USAGE', `${origin}: file descriptor ${missing} is not open`)
  }
  return { extraFds, ...(listen !== undefined && { listenFds: listen }) }
}

/** sd_listen_fds(3): the variables count only when they were meant for this very process. */
function listenFdsOf({ env, pid }: Io): InheritedFds['listenFds'] {
  const { LISTEN_FDS: count, LISTEN_PID: owner, LISTEN_FDNAMES: names } = env
  if (count === undefined || owner !== String(pid)) return undefined
  if (!/^[1-9]\d{0,5}$/.test(count)) return undefined
  return { count: Number(count), ...(names !== undefined && { names }) }
}

/** The JavaScript engine opens descriptors of its own before any code runs, and takes the lowest free numbers. The first one it
 *  opens is always its event queue: where a gap was in the caller's range, there is one now. */
function isInheritedDescriptor(fd: number): boolean {
  try {
    const target = readlinkSync(`/proc/self/fd/${fd}`)
    return target !== 'anon_inode:[eventpoll]' && target !== 'anon_inode:[io_uring]'
  } catch {
    return false
  }
}
