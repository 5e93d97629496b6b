/** The processes of this machine, as far as looking for engines needs them. */

import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { mapBounded } from '../watcher/bounded.ts'

/** One process. */
export interface ProcessFacts {
  readonly pid: number
  /** Name, at most 15 bytes. */
  readonly comm: string
  /** Its mount namespace: `mnt:[4026531841]`. */
  readonly mountNamespace: string
}

const CONCURRENCY = 16

/** Those that may be looked at, by pid; processes that end meanwhile are left out.
 *  @see proc(5), namespaces(7) */
export async function readProcesses(proc: string): Promise<ProcessFacts[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await mapBounded(
    pids.sort((a, b) => a - b),
    CONCURRENCY,
    async (pid): Promise<ProcessFacts | undefined> => {
      try {
        const dir = join(proc, String(pid))
        const [comm, mountNamespace] = await Promise.all([readFile(join(dir, 'comm'), 'utf8'), readlink(join(dir, 'ns/mnt'))])
        return { pid, comm: comm.trimEnd(), mountNamespace }
      } catch {
        return undefined
      }
    },
  )
  return found.filter((one) => one !== undefined)
}

/** Paths of the Unix sockets on which a process listens, as the process sees them. */
export async function listeningSockets(proc: string, pid: number): Promise<string[]> {
  const dir = join(proc, String(pid))
  try {
    const [table, fds] = await Promise.all([readFile(join(dir, 'net/unix'), 'utf8'), readdir(join(dir, 'fd'))])
    const own = new Set(await mapBounded(fds, CONCURRENCY, (fd) => readlink(join(dir, 'fd', fd)).catch(() => '')))
    return parseUnixTable(table).flatMap(({ inode, path }) => (own.has(`socket:[${inode}]`) ? [path] : []))
  } catch {
    return []
  }
}

/** Listening stream sockets with a path, of /proc/net/unix: `Num RefCount Protocol Flags Type St Inode Path`. */
export function parseUnixTable(text: string): { readonly inode: string; readonly path: string }[] {
  const ACCEPTS = 0x10000
  const STREAM = 1
  return text.split('\n').flatMap((line) => {
    const [, flags = '', type = '', inode = '', path = ''] = /^\S+ \S+ \S+ (\S+) (\S+) \S+ +(\d+) (\/.*)$/.exec(line) ?? []
    const listens = (Number.parseInt(flags, 16) & ACCEPTS) !== 0 && Number.parseInt(type, 16) === STREAM
    return listens ? [{ inode, path }] : []
  })
}
