/**
 * Which engines are on this machine.
 *
 *  1. Well-known sockets, also those of ordinary users below /run/user.
 *  2. Well-known sockets in other mount namespaces, such as those of an engine in a container. They are reached by way of /proc/PID/root of
 *     a process that lives there.
 *  3. Sockets of any name on which a process that has the name of an engine listens.
 *
 * A socket that can be seen in several places, for example mounted into a container, is one file and counts once.
 */

import { readdir, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Cancellable } from '../engine-client.ts'
import type { Source } from '../source.ts'
import { SOURCES, sourceByName } from '../sources.ts'
import { mapBounded } from '../watcher/bounded.ts'
import { listeningSockets, type ProcessFacts, readProcesses } from './processes.ts'
import { resolveInRoot } from './resolve-in-root.ts'
import { socketAt } from './socket-identity.ts'
import type { Trust } from './trust.ts'

/** An engine's socket. That it is there does not mean that the engine answers. */
export interface FoundEngine {
  readonly source: Source
  /** `unix:///run/docker.sock`, or `unix:///proc/PID/root/run/docker.sock` when it is visible there only. */
  readonly address: string
  /** Process that listens; 0 when it is not known. */
  readonly pid: number
  /** The address leads through a process, and ends with it. */
  readonly foreign: boolean
  /** How far it is to be believed what it is. */
  readonly trust: Trust
  /** The socket itself, whatever its path: device and inode. */
  readonly socket: string
  /** In which it was found, for one in another than ours: `mnt:[4026531841]`. Else empty. */
  readonly mountNamespace: string
}

/** Options of {@link findEngines}. */
export interface FindOptions extends Cancellable {
  readonly sources?: readonly Source[] | undefined
  /** For tests. Default `/proc`. */
  readonly proc?: string | undefined
  /** Where the directories of ordinary users are. Default `/run/user`. */
  readonly users?: string | undefined
}

/** Sockets that are asked at the same time what they are. They may all be mute. */
const CONCURRENCY = 32

/** How long strangers are asked; who has not had his turn by then is asked the next time. */
const ASKING_MS = 10_000

interface Candidate {
  readonly path: string
  /** Undefined: whatever is at the other end has to be asked. */
  readonly source: Source | undefined
  /** The kind of process that listens. */
  readonly listener: Source | undefined
  readonly pid: number
  readonly foreign: boolean
  readonly trust: Trust
  readonly mountNamespace: string
}

interface Socket extends Candidate {
  readonly socket: string
}

/** See the head of this file. What may not be looked at is left out; without root that is most of other users' processes. */
export async function findEngines(options: FindOptions = {}): Promise<FoundEngine[]> {
  const found: FoundEngine[] = []
  await lookForEngines(options, (some) => found.push(...some))
  return found
}

/** As {@link findEngines}, but tells of engines as they are found: first, together, of all that are known by their names, then of each
 *  stranger that has answered. Nobody waits for strangers but the promise, and that at most about twice {@link ASKING_MS}.
 *  @returns  the mount namespaces of all processes that were seen */
export async function lookForEngines(options: FindOptions, tell: (found: readonly FoundEngine[]) => void): Promise<ReadonlySet<string>> {
  const { sources = SOURCES, proc = '/proc', users = '/run/user', signal } = options
  const processes = await readProcesses(proc)
  const groups = [
    hostCandidates(sources, await userDirectories(users)),
    await namespaceCandidates(sources, proc, processes),
    await listenerCandidates(sources, proc, processes),
  ]
  const sockets = await uniqueSockets(groups.flat())
  signal?.throwIfAborted()
  tell(sockets.flatMap((one) => (one.source === undefined ? [] : [foundEngine(one, one.source)])))
  const strangers = sockets.filter(({ source }) => source === undefined)
  const until = performance.now() + ASKING_MS
  await mapBounded(strangers, CONCURRENCY, async (one) => {
    const { listener, path } = one
    if (listener === undefined || performance.now() > until || signal?.aborted === true) return
    if (await listener.answers(`unix://${path}`, { signal })) tell([foundEngine(one, listener)])
  })
  signal?.throwIfAborted()
  return new Set(processes.map(({ mountNamespace }) => mountNamespace))
}

function foundEngine({ path, pid, foreign, trust, socket, mountNamespace }: Socket, source: Source): FoundEngine {
  return { source, address: `unix://${path}`, pid, foreign, trust, socket, mountNamespace }
}

async function userDirectories(users: string): Promise<string[]> {
  const names = await readdir(users).catch(() => [])
  return names.map((name) => join(users, name))
}

function hostCandidates(sources: readonly Source[], directories: readonly string[]): Candidate[] {
  return sources.flatMap((source) => {
    const own = source.sockets.map((path) => ({ path, trust: 'host' as const }))
    const users = directories.flatMap((dir) => source.userSockets.map((name) => ({ path: join(dir, name), trust: 'user' as const })))
    return [...own, ...users].map((one): Candidate => ({ ...one, source, listener: undefined, pid: 0, foreign: false, mountNamespace: '' }))
  })
}

/** One process is enough to look into a mount namespace: that of the lowest pid is likely to live longest. */
async function namespaceCandidates(sources: readonly Source[], proc: string, processes: readonly ProcessFacts[]): Promise<Candidate[]> {
  const own = await readlink(join(proc, 'self/ns/mnt')).catch(() => '')
  const entrances = new Map<string, number>()
  for (const { mountNamespace, pid } of processes) {
    if (mountNamespace !== own && !entrances.has(mountNamespace)) entrances.set(mountNamespace, pid)
  }
  const candidates: Candidate[] = []
  for (const [mountNamespace, pid] of entrances) {
    for (const source of sources) {
      for (const socket of source.sockets) {
        const path = await resolveInRoot(join(proc, String(pid), 'root'), socket)
        if (path !== undefined)
          candidates.push({ path, source, listener: undefined, pid: 0, foreign: true, trust: 'foreign', mountNamespace })
      }
    }
  }
  return candidates
}

async function listenerCandidates(sources: readonly Source[], proc: string, processes: readonly ProcessFacts[]): Promise<Candidate[]> {
  const own = await readlink(join(proc, 'self/ns/mnt')).catch(() => '')
  const candidates: Candidate[] = []
  for (const { pid, comm, mountNamespace } of processes) {
    const listener = sources.find((one) => one.processes.includes(comm))
    if (listener === undefined) continue
    const root = join(proc, String(pid), 'root')
    const isElsewhere = mountNamespace !== own
    const foreign = isElsewhere || (await readlink(root).catch(() => '')) !== '/'
    const trust = foreign ? 'foreign' : 'user'
    const place = { pid, foreign, trust, mountNamespace: isElsewhere ? mountNamespace : '' } as const
    for (const socket of await listeningSockets(proc, pid)) {
      if (listener.otherSockets?.test(basename(socket)) === true) continue
      const path = foreign ? await resolveInRoot(root, socket) : socket
      if (path !== undefined) candidates.push({ path, source: sourceByName(socket, [listener]), listener, ...place })
    }
  }
  return candidates
}

/** Sockets that exist, each once: under the first path at which it was seen, and with all that is known of it. */
async function uniqueSockets(candidates: readonly Candidate[]): Promise<Socket[]> {
  const unique = new Map<string, Socket>()
  for (const candidate of candidates) {
    const socket = await socketAt(candidate.path)
    if (socket === undefined) continue
    const first = unique.get(socket)
    if (first === undefined) unique.set(socket, { ...candidate, socket })
    else {
      // The kind of the process that listens is surer than the name: /run/docker.sock may be a link to Podman's socket.
      const source = candidate.listener === undefined ? first.source : (candidate.source ?? first.source)
      unique.set(socket, { ...first, source, listener: candidate.listener ?? first.listener, pid: first.pid || candidate.pid })
    }
  }
  return [...unique.values()]
}
