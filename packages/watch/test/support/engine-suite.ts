/** What holds for every engine, tested with a real one. */

import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import { patience } from '../../../../tests/harness/wait.ts'
import { type Container, containerKey, describeContainer, UsageSampler, watch, type Watcher } from '../../src/index.ts'
import { exponentialBackoff } from '../../src/watcher/backoff.ts'
import { churn, seedOf } from './churn.ts'
import { closeLab } from './close-lab.ts'
import type { DrivenEngine } from './driven-engine.ts'
import { aliveOf, Told, untilEmpty, untilTrue } from './told.ts'

/** How an engine is tested. */
export interface Suite {
  readonly name: string
  readonly programs: readonly string[]
  readonly make: (lab: Lab) => DrivenEngine
  /** The engine's API says when a container was started. */
  readonly tellsStart: boolean
}

/** Containers in the test with many. */
const MANY = Number(process.env['TEU_WATCH_LIVE'] ?? 200)
/** Those of them that have their shim to themselves; the others share these. */
const GROUPS = 8

const quick = { backoff: exponentialBackoff({ minMs: 50, maxMs: 200 }) }

/** Declares the tests; they share one engine, which is restarted on the way. */
export function engineSuite({ name, programs, make, tellsStart }: Suite): void {
  describeIf(name, [needsRoot, needsPrograms(...programs, 'runc', 'busybox', 'tar')], () => {
    let lab: Lab
    let daemon: DrivenEngine
    let absent: { watcher: Watcher; told: Told }

    beforeAll(async () => {
      lab = new Lab()
      daemon = make(lab)
      const watcher = watch(daemon.socket, quick)
      absent = { watcher, told: new Told(watcher) }
      await absent.told.until('lost')
      await daemon.start()
    })

    afterAll(async () => {
      await absent.watcher[Symbol.asyncDispose]()
      await closeLab(lab, daemon)
    })

    beforeEach(async () => {
      // After a failure.
      if (!daemon.running) await daemon.start()
    })

    it('an engine without containers, which was not there at first', async () => {
      await absent.watcher.ready()
      expect(absent.told.brief).toEqual(['lost', 'synced'])
      expect(absent.watcher.portfolio.size).toBe(0)
      expect(absent.watcher.type).toBe(daemon.type)
      expect(await absent.watcher.version()).toMatch(/^\d+\.\d+/)
      await absent.watcher[Symbol.asyncDispose]()
    })

    it('one container: its life, told in order, without its exec', async () => {
      await using watcher = watch(daemon.socket, quick)
      const told = new Told(watcher)
      await watcher.ready()
      const id = await daemon.run('web', { labels: { 'com.docker.compose.project': 'shop', tier: 'front' } })
      await told.until('started web')
      const pid = await daemon.pidOf('web')
      const container = watcher.portfolio.project('shop')?.container('web')
      expect(container).toMatchObject({ id, pid, paused: false, labels: { tier: 'front' } })
      expect(container?.engine).toMatchObject({ type: daemon.type, id: await watcher.id(), api: `unix://${daemon.socket}` })
      if (tellsStart) expect(Math.abs(Date.now() - (container?.startedAt?.getTime() ?? 0))).toBeLessThan(30_000)
      expect(container && describeContainer(container)).toBe(`container 'web'/${id} from project 'shop', pid ${pid}`)

      await daemon.exec('web', 'true')
      await daemon.do('web', 'pause')
      await told.until('paused web')
      await daemon.do('web', 'unpause')
      await told.until('unpaused web')
      await daemon.do('web', 'rename?name=front')
      await told.until('updated front')
      await daemon.do('front', 'restart?t=0')
      await told.until('exited front (137)')
      await told.until('started front')
      await daemon.do('front', 'kill')
      expect(await told.until('exited front (137)')).toMatchObject({ source: 'event', container: { project: 'shop' } })
      await daemon.remove('front')
      expect(told.brief).toEqual([
        'synced',
        'started web',
        'paused web',
        'unpaused web',
        'updated front',
        'exited front (137)',
        'started front',
        'exited front (137)',
      ])
      expect(watcher.portfolio.names()).toEqual([])
    })

    it('exit codes, and programs that end at once', async () => {
      await using watcher = watch(daemon.socket, quick)
      const told = new Told(watcher)
      await watcher.ready()
      for (let n = 0; n < 3; n++) await daemon.run(`short${n}`, { command: ['true'] })
      await daemon.run('code', { command: ['sh', '-c', 'sleep 0.7; exit 3'] })
      await told.until('exited code (3)')
      await watcher.refresh()
      expect(watcher.portfolio.size).toBe(0)
      expect(told.follower.picture()).toEqual([])
      await daemon.clear()
    })

    it('what containers take of the machine, until they end', async () => {
      await daemon.run('busy', { command: ['sh', '-c', 'while :; do :; done & wait'], memoryLimitBytes: 64 * 2 ** 20 })
      await daemon.run('idle')
      await using watcher = watch(daemon.socket, quick)
      await watcher.ready()
      using sampler = new UsageSampler()
      const [busy, idle] = [watcher.portfolio.container('busy') as Container, watcher.portfolio.container('idle') as Container]
      await sampler.sample([busy, idle])
      await delay(300)
      const usages = await sampler.sample([busy, idle])
      expect(usages.get(containerKey(busy))).toMatchObject({ memoryLimitBytes: 64 * 2 ** 20, pids: 2 })
      expect(usages.get(containerKey(busy))?.cpuPercent).toBeGreaterThan(1)
      expect(usages.get(containerKey(busy))?.memoryBytes).toBeGreaterThan(4096)
      expect(usages.get(containerKey(idle))).toMatchObject({ memoryLimitBytes: undefined, pids: 1 })
      expect(usages.get(containerKey(idle))?.cpuPercent).toBeLessThan(usages.get(containerKey(busy))?.cpuPercent ?? 0)
      // As an engine in another pid namespace would have it: the number is that of another process here.
      expect([...(await sampler.sample([{ ...idle, pid: process.pid }])).values()]).toEqual([])
      await daemon.clear()
      await untilEmpty(watcher)
      expect([...(await sampler.sample([busy, idle])).values()]).toEqual([])
    })

    it('an engine that is killed and comes back: what happened meanwhile is told, once', async () => {
      for (const one of ['stays', 'pauses', 'dies', 'was-paused']) await daemon.run(one)
      await daemon.do('was-paused', 'pause')
      await using watcher = watch(daemon.socket, quick)
      const told = new Told(watcher)
      await watcher.ready()
      expect(aliveOf(watcher.portfolio)).toEqual(await daemon.alive())
      expect(watcher.portfolio.container('was-paused')?.paused).toBe(true)
      const { pid } = watcher.portfolio.container('dies') ?? { pid: 0 }
      const before = told.events.length

      await daemon.stop('SIGKILL')
      await told.until('lost')
      process.kill(pid, 'SIGKILL')
      expect(watcher.portfolio.size).toBe(4)
      await daemon.start()
      await told.until('synced')
      await untilTrue(watcher, () => daemon.alive())
      expect(told.brief.slice(before).filter((one) => !one.startsWith('exited'))).toEqual(['lost', 'synced'])
      expect(told.brief.slice(before).filter((one) => one.startsWith('exited dies'))).toHaveLength(1)
      expect([...watcher.portfolio].map((one) => one.name).sort()).toEqual(['pauses', 'stays', 'was-paused'])

      await daemon.do('pauses', 'pause')
      await told.until('paused pauses')
      await daemon.do('was-paused', 'unpause')
      await told.until('unpaused was-paused')
      await daemon.clear()
      await untilEmpty(watcher)
    })

    it(`${MANY} containers`, { timeout: 300_000 * patience }, async () => {
      await using before = watch(daemon.socket, quick)
      await before.ready()
      const names = Array.from({ length: MANY }, (_, n) => `many${n}`)
      const leaders: string[] = []
      for (let n = 0; n < MANY; n += 4) {
        const ids = await Promise.all(
          names.slice(n, n + 4).map((one, k) => {
            const group = leaders[(n + k) % GROUPS]
            return daemon.run(one, group === undefined ? {} : { group })
          }),
        )
        if (leaders.length < GROUPS) leaders.push(...ids)
      }
      const alive = await daemon.alive()
      expect(alive).toHaveLength(MANY)
      await untilTrue(before, () => daemon.alive())
      await using after = watch(daemon.socket, quick)
      await after.ready()
      expect(aliveOf(after.portfolio)).toEqual(alive)
      await daemon.clear()
      await untilEmpty(before)
      await untilEmpty(after)
    })

    const rounds = Number(process.env['TEU_WATCH_ROUNDS'] ?? 2)
    const seed = seedOf(process.env['TEU_WATCH_SEED'])
    it(`random churn with restarts of the engine: ${rounds} rounds, seed ${seed}`, { timeout: 60_000 + rounds * 30_000 }, async () => {
      await using watcher = watch(daemon.socket, quick)
      const told = new Told(watcher)
      await watcher.ready()
      await churn(daemon, watcher, told, rounds, seed)
      await daemon.clear()
      await untilEmpty(watcher)
    })
  })
}
