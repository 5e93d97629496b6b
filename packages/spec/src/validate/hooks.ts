import type { Hook, Hooks } from '../types/hooks.ts'
import { absolutePath, environmentEntry } from './rules.ts'
import { type ListShape, type ObjectShape, TEXTS } from './shape.ts'

/** In milliseconds it still fits 32 bits; seven weeks. */
const MAX_TIMEOUT_S = 4294967

/** A relative path would be looked up in somebody's current directory. */
const HOOK: ObjectShape<Hook> = {
  is: 'object',
  required: ['path'],
  fields: {
    path: { is: 'text', rule: absolutePath },
    args: TEXTS,
    env: { is: 'list', of: { is: 'text', rule: environmentEntry } },
    timeout: { is: 'integer', min: 1, max: MAX_TIMEOUT_S },
  },
}
const LIST: ListShape<Hook> = { is: 'list', of: HOOK }

/** `hooks`. @see runtime-spec config.md "POSIX-platform Hooks" */
export const HOOKS_SHAPE: ObjectShape<Hooks> = {
  is: 'object',
  fields: { prestart: LIST, createRuntime: LIST, createContainer: LIST, startContainer: LIST, poststart: LIST, poststop: LIST },
}
