/** Where the teu-init program is. */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

let provider: (() => string) | undefined
let found: string | undefined

/** For executables that carry teu-init inside: `provide` is called once, when the program is needed, and returns a path to it. */
export function provideInitBinary(provide: () => string): void {
  provider = provide
  found = undefined
}

/** Absolute path of teu-init: what {@link provideInitBinary} gives, else the environment's TEU_INIT, else the one of this package.
 *  @throws {Error} when it has not been built */
export function findInitBinary(): string {
  found ??= provider?.() ?? process.env['TEU_INIT'] ?? packaged()
  return found
}

function packaged(): string {
  const path = fileURLToPath(new URL('../dist/teu-init', import.meta.url))
  if (existsSync(path)) return path
  throw new Error(`teu-init is missing: ${path} does not exist; build it with "npm run build init", or name it in TEU_INIT`)
}
