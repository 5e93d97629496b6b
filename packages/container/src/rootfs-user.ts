/** Users and groups by name, from a root file system's own files. They are an image's: bounded, and read without following links. */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { TeuError, type User } from '@teu/spec'

/** Longest part of a file that is read. */
const LIMIT_BYTES = 1024 * 1024
const MAX_ID = 0xffff_fffe

interface Account {
  readonly name: string
  readonly id: number
  /** The fields after the id. */
  readonly rest: readonly string[]
}

/** Resolves `user` and `group`: digits are always numbers, anything else is looked up in /etc/passwd and /etc/group below `rootfs`.
 *  A user by name without a group gets the group of his entry and his supplementary groups; a bare number gets group 0.
 *  @throws {TeuError} ERR_TEU_USAGE for a name that is not there or a number that is no id */
export function userInRootfs(rootfs: string, user: string, group?: string): User {
  const account = isNumber(user) ? undefined : find(rootfs, 'passwd', user)
  const uid = account?.id ?? idOf(user, 'uid')
  if (group !== undefined) return { uid, gid: isNumber(group) ? idOf(group, 'gid') : find(rootfs, 'group', group).id }
  if (account === undefined) return { uid, gid: 0 }
  const additionalGids = readAccounts(rootfs, 'group')
    .filter(({ rest }) => rest[0]?.split(',').includes(account.name) === true)
    .map(({ id }) => id)
  return { uid, gid: idOf(account.rest[0] ?? '', 'gid'), ...(additionalGids.length > 0 && { additionalGids }) }
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text)
}

function idOf(text: string, what: string): number {
  const id = Number(text)
  if (isNumber(text) && id <= MAX_ID) return id
  throw new TeuError('ERR_TEU_USAGE', `Cannot use the ${what} "${text}": expected a number from 0 to ${MAX_ID}`)
}

function find(rootfs: string, file: 'passwd' | 'group', name: string): Account {
  const found = readAccounts(rootfs, file).find((account) => account.name === name)
  if (found) return found
  throw new TeuError('ERR_TEU_USAGE', `Cannot find "${name}" in the container's /etc/${file}`, {
    path: `${rootfs}/etc/${file}`,
    remedy: 'Give a number, or a name that the root file system knows',
  })
}

function readAccounts(rootfs: string, file: 'passwd' | 'group'): Account[] {
  const accounts: Account[] = []
  for (const line of readPart(rootfs, file).split('\n')) {
    const [name, , id = '', ...rest] = line.split(':')
    if (name !== undefined && name !== '' && isNumber(id) && Number(id) <= MAX_ID) accounts.push({ name, id: Number(id), rest })
  }
  return accounts
}

/** Each step of the way is opened without following a link, and the file must be a regular one: a FIFO would hold us up. */
function readPart(rootfs: string, file: string): string {
  const opened: number[] = []
  const open = (path: string, flags: number): number => {
    const fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    opened.push(fd)
    return fd
  }
  try {
    const etc = open(`${rootfs}/etc`, constants.O_DIRECTORY)
    const fd = open(`/proc/self/fd/${etc}/${file}`, constants.O_RDONLY)
    if (!fstatSync(fd).isFile()) return ''
    const buffer = Buffer.alloc(LIMIT_BYTES)
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, LIMIT_BYTES, 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR') return ''
    throw error
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
