/** `--security-opt seccomp=FILE`. */

import { probeHost, resolveSeccompProfile } from '@teu/container'
import { type LinuxSeccomp, parseJson, TeuError } from '@teu/spec'
import { readInput } from '../cli/input-file.ts'

/** Profiles in the format of Docker and Podman, or as in a config.
 *  @throws {TeuError} ERR_TEU_USAGE for a file that cannot be read */
export function readSeccomp(file: string, capabilities: readonly string[]): LinuxSeccomp {
  let text: Buffer
  try {
    text = readInput(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new TeuError('ERR_TEU_USAGE', `--security-opt: cannot read ${file}: ${code === 'ENOENT' ? 'it does not exist' : code}`, {
      path: file,
      errno: code,
      cause,
    })
  }
  const { machine, kernel } = probeHost()
  return resolveSeccompProfile(parseJson(text, { file }), { capabilities, machine, kernel })
}
