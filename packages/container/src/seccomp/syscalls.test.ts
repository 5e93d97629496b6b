import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isSyscallName, syscallName, syscallNumbers, type SyscallTable } from './syscalls.ts'

const HEADERS = '/usr/include/x86_64-linux-gnu/asm'

describe('syscallNumbers()', () => {
  it('has well-known numbers of each architecture', () => {
    expect(syscallNumbers('X86_64')).toMatchObject({ read: 0, clone3: 435, io_pgetevents: 333, uretprobe: 335, mseal: 462, listns: 470 })
    expect(syscallNumbers('X86')).toMatchObject({ read: 3, socketcall: 102, clock_gettime64: 403, socket: 359, mseal: 462 })
    expect(syscallNumbers('X32')).toMatchObject({ read: 0, ioctl: 514, pwritev2: 547, mseal: 462 })
    expect(syscallNumbers('AARCH64')).toMatchObject({ read: 63, newfstatat: 79, mmap: 222, kexec_file_load: 294, mseal: 462 })
    expect(syscallNumbers('ARM')).toMatchObject({
      read: 3,
      arm_sync_file_range: 341,
      sync_file_range2: 341,
      futex_time64: 422,
      set_tls: 0xf0005,
    })
    expect(syscallNumbers('X32').uselib).toBeUndefined()
    expect(syscallNumbers('AARCH64').open).toBeUndefined()
  })

  it.skipIf(!existsSync(`${HEADERS}/unistd_64.h`)).each<[SyscallTable, string]>([
    ['X86_64', 'unistd_64.h'],
    ['X86', 'unistd_32.h'],
    ['X32', 'unistd_x32.h'],
  ])('has everything that the kernel headers of this machine have for %s', (table, header) => {
    const text = readFileSync(`${HEADERS}/${header}`, 'utf8')
    const defined = [...text.matchAll(/^#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)\)?$/gm)]
    const expected = defined.filter(([, name]) => name !== 'syscalls').map(([, name, number]) => [name, Number(number)])
    expect(expected.length).toBeGreaterThan(300)
    expect(syscallNumbers(table)).toMatchObject(Object.fromEntries(expected))
  })
})

describe('syscallName()', () => {
  it('finds the name of a number', () => {
    expect(syscallName('X86_64', 41)).toBe('socket')
    expect(syscallName('X86_64', 0x40000000 + 514)).toBe('ioctl')
    expect(syscallName('ARM', 0xf0002)).toBe('cacheflush')
    expect(syscallName('X86_64', 999)).toBeUndefined()
  })
})

describe('isSyscallName()', () => {
  it('knows the names of every architecture and no others', () => {
    expect(['read', 'set_tls', '_llseek', 'listns', 'futex_time64'].every(isSyscallName)).toBe(true)
    expect(['rea', 'ead', '', '0', 'toString', '.*', 'read"'].some(isSyscallName)).toBe(false)
  })
})
