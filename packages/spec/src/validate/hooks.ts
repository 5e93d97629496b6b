import type { HookName } from '../types/hooks.ts'
import type { Fields } from './fields.ts'
import { absolutePath, environmentEntry } from './rules.ts'

const NAMES: readonly HookName[] = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop']
/** In milliseconds it still fits 32 bits; seven weeks. */
const MAX_TIMEOUT_S = 4294967

/** Checks `hooks`. A relative path would be looked up in somebody's current directory. @see runtime-spec config.md "POSIX-platform Hooks" */
export function checkHooks(hooks: Fields | undefined): void {
  if (hooks === undefined) return
  for (const name of NAMES) {
    for (const hook of hooks.objects(name)) {
      hook.require('path')
      hook.string('path', absolutePath)
      hook.strings('args')
      hook.strings('env', environmentEntry)
      hook.integer('timeout', 1, MAX_TIMEOUT_S)
    }
  }
}
