import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeContainerd, Status } from '../../test/support/fake-containerd.ts'
import { brief, Follower, settle } from '../testing/told.ts'
import { Watcher } from '../watcher/watcher.ts'
import { ContainerdEngine, type ContainerdEngineOptions } from './containerd-engine.ts'

interface Watched {
  readonly daemon: FakeContainerd
  readonly watcher: Watcher
  readonly told: string[]
  readonly follower: Follower
}

/** Runs a test with a watcher of a daemon that has been prepared. */
async function watched(
  prepare: (daemon: FakeContainerd) => void,
  test: (one: Watched) => Promise<void>,
  options?: ContainerdEngineOptions,
): Promise<void> {
  const daemon = new FakeContainerd()
  prepare(daemon)
  await using watcher = new Watcher(new ContainerdEngine(daemon.api(), options), { backoff: () => 0 })
  const told: string[] = []
  const follower = new Follower()
  watcher.tap((events) => {
    told.push(...events.map(brief))
    for (const event of events) follower.see(event)
  })
  void watcher.watch()
  await watcher.ready()
  await test({ daemon, watcher, told, follower })
}

afterEach(() => {
  vi.useRealTimers()
})

async function until(told: readonly string[], what: string): Promise<void> {
  while (!told.includes(what)) await settle()
}

describe('watching containerd', () => {
  it('a life: started, paused, unpaused, renamed, exited; its deletion says nothing new', () =>
    watched(
      () => undefined,
      async ({ daemon, told, watcher }) => {
        daemon.start('shop/0123', { 'nerdctl/name': 'web' })
        await until(told, 'started shop/web')
        daemon.setPaused('shop/0123', true)
        daemon.setPaused('shop/0123', false)
        await until(told, 'unpaused shop/web')
        daemon.relabel('shop/0123', { 'nerdctl/name': 'front' })
        await until(told, 'updated shop/front')
        daemon.exit('shop/0123', 3)
        daemon.delete('shop/0123')
        await until(told, 'exited shop/front (3)')
        await settle()
        expect(told).toEqual([
          'synced',
          'started shop/web',
          'paused shop/web',
          'unpaused shop/web',
          'updated shop/front',
          'exited shop/front (3)',
        ])
        expect(watcher.portfolio.size).toBe(0)
      },
    ))

  it('the end of an exec is not that of its container', () =>
    watched(
      (daemon) => daemon.add('default/web'),
      async ({ daemon, told }) => {
        daemon.tellExit('default/web', 999, 0, 'exec-1')
        daemon.setPaused('default/web', true)
        await until(told, 'paused web')
        expect(told).toEqual(['started web', 'synced', 'paused web'])
      },
    ))

  it('nothing is told of the namespace of Docker, and of programs that have ended already', () =>
    watched(
      () => undefined,
      async ({ daemon, told }) => {
        daemon.start('moby/4711')
        daemon.exit('moby/4711', 0)
        daemon.start('default/short')
        daemon.exit('default/short', 0)
        daemon.start('default/web')
        await until(told, 'started web')
        expect(told).toEqual(['synced', 'started web'])
      },
    ))

  it('a deletion ends a container whose exit was not heard', () =>
    watched(
      (daemon) => daemon.add('default/web'),
      async ({ daemon, told }) => {
        const { pid = 0 } = daemon.tasks.get('default/web') ?? {}
        daemon.tasks.clear()
        daemon.tellDelete('default/web', pid, 137)
        await until(told, 'exited web (137)')
      },
    ))

  it('late, doubled and made-up exits are believed only when they can be true', () =>
    watched(
      (daemon) => daemon.add('default/web'),
      async ({ daemon, told, watcher }) => {
        const old = daemon.tasks.get('default/web')?.pid ?? 0
        daemon.exit('default/web', 1)
        const { pid } = daemon.start('default/web')
        await until(told, 'started web')
        while (watcher.portfolio.container('web')?.pid !== pid) await settle()
        daemon.tellExit('default/web', old, 1)
        daemon.tellDelete('default/web', old, 1)
        // Made up by the daemon when its connection to the shim broke; the process lives.
        daemon.tellExit('default/web', 0, 255)
        daemon.setPaused('default/web', true)
        await until(told, 'paused web')
        expect(told).toEqual(['started web', 'synced', 'exited web (1)', 'started web', 'paused web'])
        // The same, and the shim is gone.
        daemon.tasks.clear()
        daemon.tellExit('default/web', 0, 137)
        await until(told, 'exited web (137)')
      },
    ))

  it('a daemon that goes cancels the subscription, and that is a loss; the differences are told when it is back', () =>
    watched(
      (daemon) => {
        daemon.add('default/stays')
        daemon.add('default/dies')
        daemon.add('default/again')
        daemon.add('default/vanishes')
      },
      async ({ daemon, told, watcher, follower }) => {
        const before = told.length
        daemon.goDown()
        await until(told, 'lost')
        expect(watcher.portfolio.size).toBe(4)
        Object.assign(daemon.tasks.get('default/dies') ?? {}, { status: Status.STOPPED, exitStatus: 3 })
        daemon.add('default/again')
        daemon.tasks.delete('default/vanishes')
        daemon.comeBack()
        while (watcher.state !== 'watching') await settle()
        expect(told.slice(before)).toEqual(['lost', 'exited dies (3)', 'exited vanishes', 'exited again', 'started again', 'synced'])
        expect(follower.picture()).toHaveLength(2)
      },
    ))

  it.each([
    ['is told not to publish', { barrier: false }, true],
    ['may not publish', {}, false],
  ])('one that %s lists twice, a second apart', async (_, options, mayPublish) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await watched(
      (daemon) => (daemon.mayPublish = mayPublish),
      async ({ daemon, told, watcher }) => {
        // Its start was not heard.
        daemon.add('default/web')
        expect(told).toEqual(['synced'])
        await vi.advanceTimersByTimeAsync(999)
        expect(told).toEqual(['synced'])
        await vi.advanceTimersByTimeAsync(1)
        await until(told, 'started web')
        expect(watcher.state).toBe('watching')
        const lists = daemon.transport.names().filter((name) => name === 'Namespaces.list')
        expect(lists).toHaveLength(2)
        if (mayPublish) expect(daemon.transport.names()).not.toContain('Events.publish')
      },
      options,
    )
  })
})
