import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AttachedIo } from './attached-io.ts'
import { makeFifos } from './fifo.ts'

/** What of a directory is open in this process. */
function openBelow(dir: string): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.startsWith(dir))
}

test('an output stays open in no stand-in when the other one cannot be opened', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'teu-attached-'))
  try {
    const [stdout, stderr] = [join(dir, 'stdout'), join(dir, 'stderr')]
    await makeFifos([stdout])
    writeFileSync(stderr, '')
    expect(() => new AttachedIo({ stdout, stderr }, false, async () => {})).toThrow('it is no FIFO')
    // The end of an output is told some turns of the loop later.
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    expect(openBelow(dir)).toEqual([])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
