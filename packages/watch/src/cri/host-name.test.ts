import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostNameOf } from './host-name.ts'

let proc = ''
let root = ''

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  root = join(proc, 'elsewhere')
  mkdirSync(join(root, 'etc'), { recursive: true })
  for (const [pid, uts] of [
    ['self', '1'],
    ['7', '2'],
  ] as const) {
    mkdirSync(join(proc, pid, 'ns'), { recursive: true })
    symlinkSync(`uts:[${uts}]`, join(proc, pid, 'ns/uts'))
  }
  symlinkSync(root, join(proc, '7/root'))
})

afterEach(() => {
  rmSync(proc, { recursive: true })
})

const own = hostname().replaceAll(/[^A-Za-z0-9_.-]/g, '')
const write = (content: string): void => writeFileSync(join(root, 'etc/hostname'), content)

describe('hostNameOf()', () => {
  it('is ours without a process, and for a process in our UTS namespace', async () => {
    expect(await hostNameOf(0)).toBe(own)
    expect(await hostNameOf(process.pid)).toBe(own)
  })

  it('is what the file of another UTS namespace says', async () => {
    write('# made by hand\n\n  node-1.example_x\n')
    expect(await hostNameOf(7, proc)).toBe('node-1.example_x')
  })

  it('lets nothing through but what a name is made of, and no more than a name has', async () => {
    write('a/../b\u001b[31m c<d>')
    expect(await hostNameOf(7, proc)).toBe('a..b31mcd')
    write('x'.repeat(100_000))
    expect(await hostNameOf(7, proc)).toHaveLength(253)
  })

  it('follows no link: it could lead to a file of ours', async () => {
    writeFileSync(join(proc, 'secret'), 'secret')
    symlinkSync(join(proc, 'secret'), join(root, 'etc/hostname'))
    expect(await hostNameOf(7, proc)).toBe('')
    rmSync(join(root, 'etc'), { recursive: true })
    mkdirSync(join(proc, 'ours'))
    writeFileSync(join(proc, 'ours/hostname'), 'secret')
    symlinkSync(join(proc, 'ours'), join(root, 'etc'))
    expect(await hostNameOf(7, proc)).toBe('')
  })

  it('does not wait for a FIFO', async () => {
    execFileSync('mkfifo', [join(root, 'etc/hostname')])
    expect(await hostNameOf(7, proc)).toBe('')
  })

  it('is empty when there is no file, no directory or no process', async () => {
    expect(await hostNameOf(7, proc)).toBe('')
    rmSync(join(root, 'etc'), { recursive: true })
    expect(await hostNameOf(7, proc)).toBe('')
    expect(await hostNameOf(8, proc)).toBe('')
  })
})
