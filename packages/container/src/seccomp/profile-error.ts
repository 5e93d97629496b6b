/** How a mistake in a profile is reported. */

import { TeuError } from '@teu/spec'

/** Where in `linux.seccomp` something stands, for example `['syscalls', 3, 'action']`. */
export type ProfilePath = readonly (string | number)[]

/** ERR_TEU_CONFIG_INVALID with the JSON pointer of the place: `linux.seccomp.syscalls[3].action: expected …, got …`. */
export function profileError(path: ProfilePath, problem: string, remedy?: string): TeuError {
  const dotted = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
  const pointer = ['', 'linux', 'seccomp', ...path].join('/')
  return new TeuError('ERR_TEU_CONFIG_INVALID', `linux.seccomp${dotted}: ${problem}`, { pointer, remedy })
}

/** What was found, in words for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint') return value.toString()
  return JSON.stringify(value) ?? typeof value
}
