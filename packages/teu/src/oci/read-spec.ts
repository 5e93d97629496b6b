/** A config.json under any name. */

import { parseSpec, type Spec, TeuError } from '@teu/spec'
import { readInput } from '../cli/input-file.ts'

/** Reads and checks it.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID: with line and column, or a JSON pointer, or the reason why it cannot be read */
export function readSpec(file: string): Spec {
  let text: Buffer
  try {
    text = readInput(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot read ${file}: ${code === 'ENOENT' ? 'it does not exist' : code}`, {
      path: file,
      errno: code,
      cause,
    })
  }
  return parseSpec(text, { file })
}
