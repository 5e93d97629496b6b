/** A neighbour that shares a volume exchanges a component with a link while the container is being built. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Step } from '../../src/index.ts'
import { hostPicture, makeCanary } from './canary.ts'
import { attach, inRoot, newMount, openTree, type Outcome, processPlan, proc, ROOT, runPlan, shell, testDir } from './run-plan.ts'

const ROUNDS = 25
const PER_ROUND = 20

describeIf('races for names', [needsRoot, needsPrograms('gcc')], () => {
  const place = testDir()
  let canary = ''
  let exchange = ''
  let attacker: ChildProcess | undefined
  beforeAll(() => {
    canary = makeCanary(place.dir)
    exchange = join(place.dir, 'exchange')
    execFileSync('gcc', ['-O2', '-o', exchange, join(import.meta.dirname, 'exchange.c')])
  })
  afterEach(() => void attacker?.kill('SIGKILL'))

  /** Runs `act` while `/vol/t` of the root is now a directory, now a link to the canary. Resolves with the number of exchanges. */
  async function during(rootfs: string, act: () => void, target = canary): Promise<number> {
    mkdirSync(join(rootfs, 'vol/t'), { recursive: true })
    symlinkSync(target, join(rootfs, 'vol/link'))
    attacker = spawn(exchange, [join(rootfs, 'vol/t'), join(rootfs, 'vol/link')], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    attacker.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await once(attacker.stdout as NodeJS.ReadableStream, 'data')
    act()
    attacker.kill('SIGTERM')
    await once(attacker, 'close')
    return Number(output.split('\n')[1])
  }
  const some = (make: (n: number) => Step[]): Step[] => Array.from({ length: PER_ROUND }, (_, n) => make(n)).flat()
  const run = (rootfs: string, steps: readonly Step[], command = 'true'): Outcome =>
    runPlan(processPlan(inRoot(rootfs, [...proc(), ...steps], shell(command))))

  it('mounts, nodes, links and directories never land outside', async () => {
    const rootfs = place.fresh()
    const before = hostPicture(canary)
    const outcomes: Outcome[] = []
    const flips = await during(rootfs, () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const name = (n: number): string => `/vol/t/r${round}-${n}`
        const mounts = some((n) => [newMount(1, 'tmpfs'), attach(1, `${name(n)}/x`)])
        const node = { op: 'mknod', root: ROOT, kind: 99, major: 1, minor: 3, mode: 0o600, uid: 0, gid: 0 } as const
        const others = some((n) => [
          { ...node, path: `${name(n)}/null` },
          { op: 'symlink', root: ROOT, path: `${name(n)}/fd`, target: 'x', replace: true },
          { op: 'mkdir_in_root', root: ROOT, path: `${name(n)}/dir`, mode: 0o700 },
        ])
        outcomes.push(run(rootfs, mounts), run(rootfs, others))
      }
    })
    expect(flips).toBeGreaterThan(1000)
    expect(hostPicture(canary)).toEqual(before)
    // The link was met: something is where it leads inside the root, or a step found it dangling.
    expect(existsSync(join(rootfs, canary)) || outcomes.some((one) => one.failure !== undefined)).toBe(true)
    for (const { failure } of outcomes) if (failure !== undefined) expect(failure.errno).toMatch(/^(ENOENT|EAGAIN|ELOOP|ENOTDIR|EEXIST)$/)
  })

  it('with noSymlinks a mount is in the directory, or refused', async () => {
    const rootfs = place.fresh()
    let [made, refused] = [0, 0]
    const flips = await during(rootfs, () => {
      for (let round = 0; round < ROUNDS * 4; round += 1) {
        const path = `/vol/t/r${round}`
        const { failure } = run(rootfs, [newMount(1, 'tmpfs'), attach(1, path, { noSymlinks: true })])
        if (failure === undefined) made += 1
        else if (failure.errno === 'ELOOP') refused += 1
        else expect(failure.errno).toBe('ENOENT')
      }
    })
    expect(flips).toBeGreaterThan(1000)
    expect([made > 0, refused > 0]).toEqual([true, true])
    expect(existsSync(join(rootfs, canary))).toBe(false)
  })

  it('a source in the root is one inode of the root', async () => {
    const rootfs = place.fresh()
    writeFileSync(join(canary, 'secret'), 'host secret\n')
    let read = ''
    await during(rootfs, () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const sources = some((n) => [openTree(1, '/vol/t', { root: ROOT, recursive: true }), attach(1, `/mnt/${n}`)])
        read += run(rootfs, sources, 'cat /mnt/*/secret').stdout
      }
    })
    expect(read).not.toContain('host secret')
  })

  it('masks hide what the path means, or nothing outside', async () => {
    const rootfs = place.fresh()
    const before = hostPicture(canary)
    await during(rootfs, () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const masks = some((): Step[] => [
          { op: 'mask', root: ROOT, path: '/vol/t', nullDevice: 10, emptyDir: 11 },
          { op: 'readonly_path', root: ROOT, path: '/vol/t' },
        ])
        run(rootfs, [openTree(10, '/dev/null'), newMount(11, 'tmpfs', ['ro']), ...masks], 'echo x > /vol/t/x')
      }
    })
    expect(hostPicture(canary)).toEqual(before)
    rmSync(join(rootfs, 'vol'), { recursive: true })
  })
})
