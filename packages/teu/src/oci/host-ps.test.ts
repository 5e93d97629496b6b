import { describe, expect, it } from 'vitest'
import { runHostPs, selectRows } from './host-ps.ts'

const OUTPUT = `UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 10:00 ?        00:00:01 /sbin/init
root          12       1  0 10:00 ?        00:00:00 sleep 112
100000       112      12  0 10:00 ?        00:00:00 sh -c 12
`

describe('selectRows()', () => {
  it('keeps the heading and the rows whose PID is in the set', () => {
    expect(selectRows(OUTPUT, new Set([112, 999]))).toBe(
      'UID          PID    PPID  C STIME TTY          TIME CMD\n100000       112      12  0 10:00 ?        00:00:00 sh -c 12\n',
    )
  })

  it('finds the column wherever it is', () => {
    expect(selectRows('PPID PID CMD\n1 12 a\n12 1 b\n', new Set([12]))).toBe('PPID PID CMD\n1 12 a\n')
  })

  it('refuses output without that column', () => {
    expect(() => selectRows('CMD\nsh\n', new Set([1]))).toThrow('ps printed no PID column')
  })
})

describe('runHostPs()', () => {
  it('runs the ps of the host, whatever PATH says', async () => {
    const { PATH } = process.env
    process.env['PATH'] = '/nowhere'
    try {
      expect(selectRows(await runHostPs(['-ef']), new Set([process.pid]))).toContain(String(process.pid))
    } finally {
      process.env['PATH'] = PATH
    }
  })

  it('quotes what ps says when it fails', async () => {
    await expect(runHostPs(['--no-such-option'])).rejects.toThrow(/ps --no-such-option: .*unknown/s)
  })
})
