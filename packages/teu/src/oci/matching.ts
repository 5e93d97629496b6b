/** `--regex`: one command for many containers. */

import { isTeuError, TeuError } from '@teu/spec'
import type { ContainerSet } from '../cli/library.ts'
import { usage } from '../cli/parse.ts'

/** Calls `act` for every container whose id `pattern` matches. A failure does not keep the others from their turn; the first one is
 *  thrown at the end with the rest as `suppressed`.
 *  @throws {TeuError} ERR_TEU_USAGE for a pattern that is none */
export async function eachMatching(containers: ContainerSet, pattern: string, act: (id: string) => Promise<void>): Promise<void> {
  let expression: RegExp
  try {
    expression = new RegExp(pattern)
  } catch {
    throw usage(`--regex: "${pattern}" is not a regular expression`)
  }
  const failures: unknown[] = []
  for (const { id } of await containers.list()) {
    if (!expression.test(id)) continue
    try {
      await act(id)
    } catch (error) {
      failures.push(error)
    }
  }
  const [first, ...suppressed] = failures
  if (first === undefined) return
  if (suppressed.length === 0 || !isTeuError(first)) throw first as Error
  const { code, message, containerId, operation } = first
  throw new TeuError(code, message, { containerId, operation, suppressed: suppressed as Error[], cause: first })
}
