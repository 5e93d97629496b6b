/** `--env` and `--env-file`. */

import { TeuError } from '@teu/spec'
import type { Io } from '../cli/io.ts'
import { usage } from '../cli/parse.ts'
import { readInput } from '../cli/input-file.ts'

/** Entries of the program's environment: files first, then options, so that a later entry wins over an earlier one. `NAME` alone
 *  takes the caller's value and is dropped when the caller has none; nothing else of the caller's environment is passed on.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function environmentOf(
  options: readonly string[],
  files: readonly string[],
  { env }: Pick<Io, 'env'>,
  path: (text: string) => string,
): string[] {
  const entries = new Map<string, string>()
  const add = (text: string, origin: string): void => {
    const [, name = '', equals, value = ''] = /^([^=]*)(=?)(.*)$/s.exec(text) ?? []
    if (name === '' || text.includes('\0')) throw usage(`${origin}: expected NAME=VALUE or NAME, got "${text}"`)
    const known = equals === '=' ? value : env[name]
    if (known === undefined) entries.delete(name)
    else entries.set(name, known)
  }
  for (const file of files) {
    for (const line of readLines(path(file))) {
      const text = line.trimStart()
      if (text !== '' && !text.startsWith('#')) add(text, `--env-file ${file}`)
    }
  }
  for (const text of options) add(text, '--env')
  return Array.from(entries, ([name, value]) => `${name}=${value}`)
}

function readLines(file: string): string[] {
  try {
    return readInput(file).toString().split(/\r?\n/)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_USAGE', `--env-file: cannot read ${file}: ${code === 'ENOENT' ? 'it does not exist' : code}`, {
      path: file,
      errno: code,
      cause,
    })
  }
}
