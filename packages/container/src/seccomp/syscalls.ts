/** System call names and numbers of each architecture. */

import { AARCH64, ARM, SHARED, TIME64, X32_ABSENT, X32_MOVED, X86, X86_64 } from './syscall-tables.ts'

/** A system call table, by the name that the runtime specification gives the architecture after `SCMP_ARCH_`. */
export type SyscallTable = 'X86_64' | 'X86' | 'X32' | 'AARCH64' | 'ARM'

/** Numbers by name. Look up names of a user's with a test for `number`: the object has the usual prototype. */
export type SyscallNumbers = Readonly<Record<string, number>>

/** Bit that marks an x32 call on x86_64 (`__X32_SYSCALL_BIT`). */
export const X32_BIT = 0x40000000

const parsed: Partial<Record<SyscallTable, SyscallNumbers>> = {}

/** The numbers of an architecture, parsed at the first call; those of x32 are without {@link X32_BIT}. */
export function syscallNumbers(table: SyscallTable): SyscallNumbers {
  return (parsed[table] ??= parseTable(table))
}

/** Name of a system call number, for reports on a call that a filter refused; undefined when the table has none.
 *  @param number  as in `seccomp_data.nr`; on x86_64 a number with {@link X32_BIT} is looked up in the x32 table */
export function syscallName(table: SyscallTable, number: number): string | undefined {
  const isX32 = table === 'X86_64' && number >= X32_BIT && number < 2 * X32_BIT
  const numbers = Object.entries(syscallNumbers(isX32 ? 'X32' : table))
  return numbers.find(([, candidate]) => candidate === (isX32 ? number - X32_BIT : number))?.[0]
}

/** True when any architecture has a system call of this name. Looks at the tables as text, without parsing those of other machines. */
export function isSyscallName(name: string): boolean {
  const member = `"${name}":`
  return /^\w+$/.test(name) && [X86_64, X86, AARCH64, ARM, TIME64, SHARED].some((text) => text.includes(member))
}

function parseTable(table: SyscallTable): SyscallNumbers {
  if (table === 'X86_64') return parse(X86_64, SHARED)
  if (table === 'X86') return parse(X86, TIME64, SHARED)
  if (table === 'AARCH64') return parse(AARCH64, SHARED)
  if (table === 'ARM') return parse(ARM, TIME64, SHARED)
  const numbers: Record<string, number> = { ...syscallNumbers('X86_64'), ...parse(X32_MOVED) }
  for (const name of X32_ABSENT) delete numbers[name]
  return numbers
}

function parse(...members: readonly string[]): SyscallNumbers {
  return JSON.parse(`{${members.join(',')}}`) as SyscallNumbers
}
