/** The watcher with the CRI plugin of a real containerd. 1.6 has no events over CRI, so it is asked again and again; events are tested
 *  with a scripted server, in src/cri. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { CRI_SANDBOX_LABEL, CRI_TYPE, CriEngine, exponentialBackoff, NotAliveError, watch, type Watcher } from '../src/index.ts'
import { randomNumbers, seedOf } from './support/churn.ts'
import { closeLab } from './support/close-lab.ts'
import { CriDaemon } from './support/cri-daemon.ts'
import { aliveOf, Told, untilEmpty, untilTrue } from './support/told.ts'

const quick = { backoff: exponentialBackoff({ minMs: 50, maxMs: 200 }) }
const live = Number(process.env['TEU_WATCH_LIVE'] ?? 12)

describeIf('CRI of containerd', [needsRoot, needsPrograms('containerd', 'ctr', 'runc', 'busybox', 'tar', 'unshare')], () => {
  let lab: Lab
  let daemon: CriDaemon
  let absent: { watcher: Watcher; told: Told }

  const watched = (): Watcher => watch(new CriEngine(daemon.socket, { pollIntervalMs: 200 }), quick)

  beforeAll(async () => {
    lab = new Lab()
    daemon = new CriDaemon(lab)
    const watcher = watch(daemon.socket, { ...quick, type: CRI_TYPE })
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

  it('an engine without pods, which was not there at first', async () => {
    const { watcher, told } = absent
    await watcher.ready()
    expect(told.brief).toEqual(['lost', 'synced'])
    expect(watcher.portfolio.size).toBe(0)
    expect([watcher.type, watcher.polling]).toEqual(['k8s.io/cri-api', true])
    expect(await watcher.version()).toMatch(/^containerd \d+\.\d+\S* \[API v1\]$/)
    await watcher[Symbol.asyncDispose]()
  })

  it('a pod and its container: labels, processes, and the whole life', async () => {
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    const pod = await daemon.runPod('front')
    await told.until(`started ${pod}`)
    const id = await daemon.run(pod, 'web', { labels: { tier: 'front' }, annotations: { note: 'x' } })
    await told.until('started web')
    expect(aliveOf(watcher.portfolio)).toEqual(await daemon.alive())
    const podLabels = {
      'io.kubernetes.pod.name': 'front',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': 'uid-front',
    }
    const container = watcher.portfolio.container('web')
    expect(container?.labels).toEqual({
      tier: 'front',
      'io.kubernetes.annotation/note': 'x',
      'io.kubernetes.container.name': 'web',
      ...podLabels,
    })
    expect(watcher.portfolio.container(pod)?.labels).toEqual({
      pod: 'front',
      'io.kubernetes.annotation/about': 'the pod front',
      'io.kubernetes.sandbox': '',
      ...podLabels,
    })
    expect(Math.abs(Date.now() - (container?.startedAt?.getTime() ?? 0))).toBeLessThan(60_000)

    await using engine = new CriEngine(daemon.socket, { pid: daemon.pid })
    expect(await engine.id()).toBe(hostname())
    expect((await engine.list()).map((one) => one.id).sort()).toEqual([id, pod].sort())
    expect(await engine.inspect(id)).toMatchObject({ pid: container?.pid, name: 'web', labels: container?.labels })
    expect(await engine.inspect('web')).toMatchObject({ id })
    expect(await engine.inspect(pod)).toMatchObject({ id: pod, name: pod })
    // containerd itself would take it.
    await expect(engine.inspect(id.slice(0, 12))).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    const created = await daemon.create(pod, 'created')
    await expect(engine.inspect(created)).rejects.toBeInstanceOf(NotAliveError)

    await daemon.stopContainer(id)
    expect(await told.until('exited web (137)')).toMatchObject({ container: { id } })
    await expect(engine.inspect(id)).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING', exitCode: 137 })
    await daemon.removePod(pod)
    await told.until(`exited ${pod}`)
    expect(told.brief).toEqual(['synced', `started ${pod}`, 'started web', 'exited web (137)', `exited ${pod}`])
  })

  it('exit codes, and containers of one name in several pods', async () => {
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    const pods = [await daemon.runPod('one'), await daemon.runPod('two')]
    for (const pod of pods) await daemon.run(pod, 'same')
    await daemon.run(pods[0] ?? '', 'code', { command: ['sh', '-c', 'sleep 3; exit 3'] })
    await told.until('exited code (3)')
    await untilTrue(watcher, () => daemon.alive())
    expect([...watcher.portfolio].filter(({ name }) => name === 'same')).toHaveLength(2)
    await daemon.clear()
    await untilEmpty(watcher)
  })

  it('an engine that is killed and comes back: what happened meanwhile is told, once', async () => {
    const pod = await daemon.runPod('lasting')
    for (const name of ['stays', 'dies']) await daemon.run(pod, name)
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    expect(aliveOf(watcher.portfolio)).toEqual(await daemon.alive())
    const before = told.events.length
    const { pid } = watcher.portfolio.container('dies') ?? { pid: 0 }

    await daemon.stop('SIGKILL')
    await told.until('lost')
    await daemon.kill(pid)
    expect(watcher.portfolio.size).toBe(3)
    await daemon.start()
    await told.until('synced')
    await untilTrue(watcher, () => daemon.alive())
    const since = told.brief.slice(before)
    expect(since.filter((one) => !one.startsWith('exited'))).toEqual(['lost', 'synced'])
    expect(since.filter((one) => one.startsWith('exited'))).toEqual([expect.stringMatching(/^exited dies/)])

    await daemon.run(pod, 'new')
    await told.until('started new')
    await daemon.clear()
    await untilEmpty(watcher)
    expect(told.follower.picture()).toEqual([])
  })

  it('the id of an engine in another UTS namespace is what its file system says', async () => {
    const root = lab.path('image')
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(join(root, 'etc/hostname'), 'elsewhere\n')
    await using child = lab.spawn(['unshare', '--uts', 'chroot', root, '/bin/sh', '-c', 'echo up; exec sleep 1000'])
    await child.stdout.waitFor((line) => line === 'up')
    await using engine = new CriEngine(daemon.socket, { pid: child.pid })
    expect(await engine.id()).toBe('elsewhere')
  })

  it(`${live} containers in one pod`, { timeout: 300_000 }, async () => {
    await using before = watched()
    await before.ready()
    const pod = await daemon.runPod('many')
    for (let n = 0; n < live; n += 4) await Promise.all([0, 1, 2, 3].map((k) => daemon.run(pod, `many${n + k}`)))
    const alive = await daemon.alive()
    expect(alive.length).toBeGreaterThan(live)
    await untilTrue(before, () => Promise.resolve(alive))
    await using after = watched()
    await after.ready()
    expect(aliveOf(after.portfolio)).toEqual(alive)
    await daemon.clear()
    await untilEmpty(before)
    await untilEmpty(after)
  })

  const rounds = Number(process.env['TEU_WATCH_ROUNDS'] ?? 2)
  const seed = seedOf(process.env['TEU_WATCH_SEED'])
  it(`random churn with restarts of the engine: ${rounds} rounds, seed ${seed}`, { timeout: 60_000 + rounds * 30_000 }, async () => {
    const random = randomNumbers(seed)
    const pods: string[] = []
    let containers: { id: string; pod: string }[] = []
    const take = <T>(items: T[]): T[] => items.splice(random(Math.max(items.length, 1)), 1)
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    for (let round = 0; round < rounds; round++) {
      for (let n = 0; n < 8; n++) {
        const name = `c${seed}x${round}x${n}`
        const act = random(6)
        const pod = pods[random(Math.max(pods.length, 1))]
        if (pod === undefined || (act === 0 && pods.length < 3)) pods.push(await daemon.runPod(`p${name}`))
        else if (act <= 2) {
          const isShort = random(3) === 0
          const id = await daemon.run(pod, name, { command: isShort ? ['true'] : ['sleep', '1000'] })
          containers.push({ id, pod })
          if (isShort) await daemon.ended(id)
        } else if (act === 3) for (const { id } of take(containers)) await daemon.stopContainer(id)
        else if (act === 4) {
          for (const id of take(pods)) {
            await daemon.removePod(id)
            containers = containers.filter((one) => one.pod !== id)
          }
        } else {
          const victim = [...watcher.portfolio].find(({ labels }) => !(CRI_SANDBOX_LABEL in labels))
          await daemon.stop(random(2) === 0 ? 'SIGKILL' : 'SIGTERM')
          if (victim !== undefined) await daemon.kill(victim.pid)
          await daemon.start()
        }
      }
      await untilTrue(watcher, () => daemon.alive()).catch(async (error: unknown) => {
        throw new Error(`CRI says:\n${(await daemon.told()).join('\n')}`, { cause: error })
      })
      expect(told.follower.picture(), `the events of round ${round}`).toEqual(await daemon.alive())
    }
    await daemon.clear()
    await untilEmpty(watcher)
  })
})
