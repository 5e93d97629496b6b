/** The name of the machine that an engine is on, which is as much of an identifier as CRI has. */

import { constants } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
const MAX_BYTES = 1_024
/** Longest name that DNS has. */
const MAX_LENGTH = 253

/** Host name of a process, as far as it can be told from outside: ours when it is in our UTS namespace, else what its file says. Its
 *  namespace is not entered, because nothing of what is there can be trusted with our rights.
 *  @param pid  0 for ourselves
 *  @param proc  for tests
 *  @returns  empty when it cannot be told
 *  @see uts_namespaces(7), hostname(5) */
export async function hostNameOf(pid: number, proc: string = '/proc'): Promise<string> {
  if (pid === 0) return cleaned(hostname())
  const [own, theirs] = await Promise.all(['self', String(pid)].map((one) => readlink(join(proc, one, 'ns/uts')).catch(() => undefined)))
  if (theirs === undefined) return ''
  if (own === theirs) return cleaned(hostname())
  return await readHostNameFile(join(proc, String(pid), 'root')).catch(() => '')
}

/** Opens step by step, each by way of the directory before, and follows no link: one that is absolute leads out to our own files. */
async function readHostNameFile(root: string): Promise<string> {
  await using top = await open(root, O_RDONLY | O_DIRECTORY)
  await using etc = await open(below(top, 'etc'), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  // A FIFO must not make us wait.
  await using file = await open(below(etc, 'hostname'), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  if (!(await file.stat()).isFile()) return ''
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0)
  const lines = buffer.toString('utf8', 0, bytesRead).split('\n')
  return cleaned(lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#')) ?? '')
}

const below = ({ fd }: FileHandle, name: string): string => `/proc/self/fd/${fd}/${name}`

const cleaned = (name: string): string => name.replaceAll(/[^A-Za-z0-9_.-]/g, '').slice(0, MAX_LENGTH)
