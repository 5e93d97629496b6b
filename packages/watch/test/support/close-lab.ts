/** Clearing away after engines, also after those that did not come to their end as they should. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { killStrays } from './strays.ts'

/** Closes engines and then their lab. When an engine fails to clear up after itself that is reported, after it was done for it. */
export async function closeLab(lab: Lab, ...daemons: readonly { close(): Promise<void> }[]): Promise<void> {
  let failure: Error | undefined
  for (const daemon of daemons) {
    await daemon.close().catch((error: unknown) => {
      failure ??= error as Error
    })
  }
  if (failure !== undefined) clearByForce(lab.mark)
  await lab.close({ check: failure === undefined })
  if (failure !== undefined) throw failure
}

function clearByForce(mark: string): void {
  for (const file of frozen(join('/sys/fs/cgroup/freezer', mark))) tryTo(() => writeFileSync(file, 'THAWED'))
  killStrays(mark)
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => (line.includes(mark) ? [line.split(' ')[4] ?? ''] : []))
  for (const mount of mounts.reverse()) tryTo(() => execFileSync('umount', ['--lazy', mount]))
}

function frozen(dir: string): string[] {
  try {
    const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    return [join(dir, 'freezer.state'), ...below.flatMap((entry) => frozen(join(dir, entry.name)))]
  } catch {
    return []
  }
}

function tryTo(act: () => void): void {
  try {
    act()
  } catch {
    // It is gone already.
  }
}
