/** The user that an image, or the caller, names. @see image-spec config.md "User" */

import { TeuError, type User } from '@teu/spec'
import { type Account, type Accounts, parseId } from './accounts.ts'

/**
 * Turns `user`, `uid`, `user:group`, `uid:gid` … into numbers. Pure.
 *
 * - Names are looked up in the accounts, and come before numbers, as a name may consist of digits.
 * - Without a group it is that of the account, and the groups that list the user are added; a number without an account has group 0.
 * - Without accounts (undefined: they cannot be read) only numbers work.
 *
 * @param text  empty is root
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID for names that there are not, and for ids out of range
 */
export function resolveUser(text: string, accounts: Accounts | undefined): User {
  const colon = text.indexOf(':')
  const userText = colon === -1 ? text : text.slice(0, colon)
  const groupText = colon === -1 ? '' : text.slice(colon + 1)
  const { uid, account } = userText === '' ? userOf('0', accounts) : userOf(userText, accounts)
  if (groupText !== '') return { uid, gid: groupOf(groupText, accounts) }
  const gid = account?.gid ?? 0
  const member = (accounts?.groups ?? []).filter((group) => account !== undefined && group.members.includes(account.name))
  const additionalGids = [...new Set(member.map((group) => group.gid))].filter((additional) => additional !== gid)
  return { uid, gid, ...(additionalGids.length === 0 ? {} : { additionalGids }) }
}

function userOf(text: string, accounts: Accounts | undefined): { uid: number; account: Account | undefined } {
  const id = parseId(text)
  const byName = accounts?.users.find(({ name }) => name === text)
  const account = byName ?? accounts?.users.find(({ uid }) => uid === id)
  const uid = account?.uid ?? id
  if (uid === undefined) throw unknown('user', text, '/etc/passwd', accounts)
  return { uid, account }
}

function groupOf(text: string, accounts: Accounts | undefined): number {
  const gid = accounts?.groups.find(({ name }) => name === text)?.gid ?? parseId(text)
  if (gid === undefined) throw unknown('group', text, '/etc/group', accounts)
  return gid
}

function unknown(what: string, text: string, file: string, accounts: Accounts | undefined): Error {
  const shown = JSON.stringify(text.slice(0, 100))
  if (/^\d+$/.test(text)) return new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot use ${what} ${shown}: the number is out of range`)
  if (accounts !== undefined) return new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot use ${what} ${shown}: it is not in the image's ${file}`)
  return new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot use ${what} ${shown}: the image's ${file} cannot be read from here`, {
    remedy: 'Give numbers, for example user: "1000:1000"',
  })
}
