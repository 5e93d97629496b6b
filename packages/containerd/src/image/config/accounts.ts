/** The accounts of an image: /etc/passwd and /etc/group. @see passwd(5), group(5) */

/** One line of /etc/passwd. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** One line of /etc/group. */
export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Both files; empty lists for files that are not there. */
export interface Accounts {
  readonly users: readonly Account[]
  readonly groups: readonly Group[]
}

/** The largest id that runtimes take. */
const MAX_ID = 2 ** 31 - 1

/** A number that can be an id. */
export function parseId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined
  const id = Number(text)
  return id <= MAX_ID ? id : undefined
}

/** Reads /etc/passwd; lines that are none are passed over, as the C library does. Pure. */
export function parsePasswd(text: string): Account[] {
  return lines(text).flatMap(([name = '', , uidText = '', gidText = '']) => {
    const [uid, gid] = [parseId(uidText), parseId(gidText)]
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid }]
  })
}

/** Reads /etc/group likewise. Pure. */
export function parseGroup(text: string): Group[] {
  return lines(text).flatMap(([name = '', , gidText = '', members = '']) => {
    const gid = parseId(gidText)
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.split(',').filter((member) => member !== '') }]
  })
}

const lines = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.trimEnd().split(':'))
