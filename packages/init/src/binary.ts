/** Where the teu-init executable is. */

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { TeuError } from '@teu/spec'

let provided: (() => string) | undefined
let found: string | undefined

/** For programs that carry teu-init inside themselves: `provide` is called once, when it is needed for the first time, and returns a path
 *  to execute. It comes before the packaged file, after the environment variable. */
export function provideInitBinary(provide: () => string): void {
  provided = provide
  found = undefined
}

/** Path of the teu-init executable: `TEU_INIT` from the environment, else what was provided, else `dist/teu-init` of this package.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when it is not there or not executable */
export function findInitBinary(): string {
  const chosen = process.env['TEU_INIT']
  if (chosen !== undefined && chosen !== '') return executable(chosen, 'Correct the environment variable TEU_INIT, or unset it')
  found ??= provided?.() ?? packaged()
  return found
}

/** This module is in `src/` or in `dist/`; the executable is in `dist/`. */
function packaged(): string {
  const path = join(import.meta.dirname, '..', 'dist', 'teu-init')
  return executable(path, 'Build it with `npm run build init` in the source tree, or reinstall the package')
}

function executable(path: string, remedy: string): string {
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code
    throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot execute the helper program ${path}: ${errno}`, { path, errno, remedy, cause })
  }
}
