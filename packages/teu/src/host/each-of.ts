/** One command for many things. */

import type { HostContext } from './context.ts'

/** Does something for each name, one after another. A failure is told, and does not keep the others from their turn; the last one is thrown.
 *  A name that is given twice counts once. */
export async function eachOf(
  names: readonly string[],
  { warn }: Pick<HostContext, 'warn'>,
  act: (name: string) => Promise<void>,
): Promise<void> {
  let last: { readonly error: unknown } | undefined
  for (const name of new Set(names)) {
    try {
      await act(name)
    } catch (error) {
      if (last !== undefined) warn(last.error)
      last = { error }
    }
  }
  if (last !== undefined) throw last.error as Error
}
