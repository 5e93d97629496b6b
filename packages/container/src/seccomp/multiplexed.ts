/** System calls of i386 that can also be made through one multiplexing call: socketcall(2) and ipc(2). */

import type { Condition } from './condition.ts'
import type { SyscallTable } from './syscalls.ts'

/** A call whose first argument says which other call is meant. */
export interface Multiplexer {
  readonly name: string
  /** Calls behind it by name, with the value of the first argument (linux/net.h, linux/ipc.h). */
  readonly calls: ReadonlyMap<string, number>
  condition(number: number): Condition
  /** Offset that keeps the numbers of several multiplexers apart. */
  readonly slot: number
}

let i386: readonly Multiplexer[] | undefined

/** The multiplexing calls of an architecture. */
export function multiplexers(table: SyscallTable): readonly Multiplexer[] {
  if (table !== 'X86') return []
  return (i386 ??= [
    {
      name: 'socketcall',
      slot: 0,
      calls: new Map(
        (
          'socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt ' +
          'sendmsg recvmsg accept4 recvmmsg sendmmsg'
        )
          .split(' ')
          .map((name, i) => [name, i + 1]),
      ),
      condition: (number) => firstArgument(number, 0xffffffff),
    },
    {
      name: 'ipc',
      slot: 50,
      calls: new Map([
        ['semop', 1],
        ['semget', 2],
        ['semctl', 3],
        ['semtimedop', 4],
        ['msgsnd', 11],
        ['msgrcv', 12],
        ['msgget', 13],
        ['msgctl', 14],
        ['shmat', 21],
        ['shmdt', 22],
        ['shmget', 23],
        ['shmctl', 24],
      ]),
      // The high half is a version that the kernel takes off first; a filter that did not could be passed by setting it.
      condition: (number) => firstArgument(number, 0xffff),
    },
  ])
}

function firstArgument(number: number, mask: number): Condition {
  return { index: 0, op: 'MASKED_EQ', value: { high: 0, low: mask }, datum: { high: 0, low: number } }
}
