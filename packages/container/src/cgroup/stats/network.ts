/** Network interfaces of a process's network namespace. */

import { readText, toCount } from './file.ts'
import type { NetworkInterfaceStats } from './types.ts'

/** Reads `/proc/PID/net/dev`.
 *  @param proc  mount point of procfs
 *  @see proc_pid_net(5) */
export function readNetwork(pid: number, proc = '/proc'): NetworkInterfaceStats[] | undefined {
  const text = readText(`${proc}/${pid}/net`, 'dev')
  return text === undefined ? undefined : parseNetDev(text)
}

/** Two lines of headings, then `name: 8 receive columns, 8 transmit columns`. Names may hold colons, but are followed by one. */
export function parseNetDev(text: string): NetworkInterfaceStats[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const [, name, columns] = /^\s*(.+):\s*((?:\d+\s*)+)$/.exec(line) ?? []
      if (name === undefined || columns === undefined) return []
      const values = columns
        .trim()
        .split(/\s+/)
        .map((word) => toCount(word) ?? 0n)
      const column = (index: number): bigint => values[index] ?? 0n
      return [
        {
          name,
          rxBytes: column(0),
          rxPackets: column(1),
          rxErrors: column(2),
          rxDropped: column(3),
          txBytes: column(8),
          txPackets: column(9),
          txErrors: column(10),
          txDropped: column(11),
        },
      ]
    })
}
