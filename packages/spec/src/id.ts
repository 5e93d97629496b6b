import { TeuError } from './error.ts'
import { quote } from './validate/describe-value.ts'

const MAX_LENGTH = 1024

/**
 * Checks a container id: 1 to 1024 of `A-Z a-z 0-9 _ + - .`, not starting with a dot. An id is a path segment, so this comes before
 * any path is put together.
 * @throws {TeuError} ERR_TEU_INVALID_ID, `invalid container ID format`
 */
export function checkContainerId(id: unknown): asserts id is string {
  if (typeof id === 'string' && id.length <= MAX_LENGTH && isFormatted(id)) return
  const shown = typeof id === 'string' ? quote(id) : typeof id
  throw new TeuError('ERR_TEU_INVALID_ID', `invalid container ID format: ${shown}`, {
    containerId: typeof id === 'string' ? id : undefined,
    remedy: `Use 1 to ${MAX_LENGTH} letters, digits and "_", "+", "-", ".", and no dot at the beginning`,
  })
}

/** A loop: an engine that has just started takes 0.05 ms to compile a regular expression. */
function isFormatted(id: string): boolean {
  for (let at = 0; at < id.length; at += 1) {
    const char = id[at] as string
    const isWordChar = (char >= 'a' && char <= 'z') || (char >= '0' && char <= '9') || (char >= 'A' && char <= 'Z') || char === '_'
    if (!isWordChar && char !== '-' && char !== '+' && (char !== '.' || at === 0)) return false
  }
  return id !== ''
}
