/** The architectures of a profile, and which of them a machine can run. */

import { TeuError } from '@teu/spec'
import { type SyscallTable, X32_BIT } from './syscalls.ts'

/** One architecture as a filter sees it. */
export interface FilterArch {
  readonly name: SyscallTable
  /** `seccomp_data.arch`: an AUDIT_ARCH_* value of linux/audit.h. */
  readonly audit: number
  /** System calls take 64-bit registers; otherwise only the low half of an argument counts. */
  readonly wide: boolean
  /** Added to every number of the table: x32 calls are x86_64 calls with bit 30 set. */
  readonly numberBase: number
}

/** `AUDIT_ARCH_X86_64`. */
export const AUDIT_X86_64 = 0xc000003e

const ARCHS: Readonly<Record<SyscallTable, FilterArch>> = {
  X86_64: { name: 'X86_64', audit: AUDIT_X86_64, wide: true, numberBase: 0 },
  X86: { name: 'X86', audit: 0x40000003, wide: false, numberBase: 0 },
  X32: { name: 'X32', audit: AUDIT_X86_64, wide: true, numberBase: X32_BIT },
  AARCH64: { name: 'AARCH64', audit: 0xc00000b7, wide: true, numberBase: 0 },
  ARM: { name: 'ARM', audit: 0x40000028, wide: false, numberBase: 0 },
}

/** Native architecture of each machine name of uname(2), and what its kernel runs beside it. */
const MACHINES: Readonly<Record<string, readonly [native: SyscallTable, ...compat: SyscallTable[]]>> = {
  x86_64: ['X86_64', 'X86', 'X32'],
  i386: ['X86'],
  i486: ['X86'],
  i586: ['X86'],
  i686: ['X86'],
  aarch64: ['AARCH64', 'ARM'],
  armv6l: ['ARM'],
  armv7l: ['ARM'],
  armv8l: ['ARM'],
}

/** Names of the runtime specification for machines that teu has no tables for: they are no mistake in a profile. */
const FOREIGN: ReadonlySet<string> = new Set(
  'MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB'.split(
    ' ',
  ),
)

/** True for an architecture name that the runtime specification knows, for example `SCMP_ARCH_S390X`. */
export function isArchitectureName(name: string): boolean {
  const short = shortName(name)
  return short !== undefined && (Object.hasOwn(ARCHS, short) || FOREIGN.has(short))
}

/** The native architecture of a machine.
 *  @param machine  machine name of uname(2), for example `x86_64`
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when there are no system call tables for it */
export function nativeArchitecture(machine: string): FilterArch {
  return ARCHS[machineArchitectures(machine)[0]]
}

/** The architectures that a filter on this machine has to tell apart, the native one first. The native one is always part of it,
 *  asked for or not; those that this machine cannot run are left out, since no process can make their calls.
 *  @param names  `architectures` of the profile, known to be architecture names */
export function filterArchitectures(machine: string, names: readonly string[]): FilterArch[] {
  const [native, ...compat] = machineArchitectures(machine)
  const wanted = new Set(names.map(shortName))
  return [ARCHS[native], ...compat.filter((name) => wanted.has(name)).map((name) => ARCHS[name])]
}

function machineArchitectures(machine: string): readonly [SyscallTable, ...SyscallTable[]] {
  const known = Object.hasOwn(MACHINES, machine) ? MACHINES[machine] : undefined
  if (known === undefined) {
    throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot compile a seccomp profile for "${machine}": its system call numbers are not known`, {
      remedy: `Supported machines are ${Object.keys(MACHINES).join(', ')}`,
    })
  }
  return known
}

function shortName(name: string): string | undefined {
  return name.startsWith('SCMP_ARCH_') ? name.slice('SCMP_ARCH_'.length) : undefined
}
