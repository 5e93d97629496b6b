import { deferred } from '@teu/spec'
import { symlinkSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { OpenOptions } from '../source.ts'
import { Machine } from '../testing/machine.ts'
import { brief, settle } from '../testing/told.ts'
import { type MergedWatcher, watchAll, type WatchAllOptions } from './merged-watcher.ts'

const open = (machine: Machine, options: WatchAllOptions = {}): MergedWatcher =>
  watchAll({ env: {}, find: machine.find, discoverIntervalMs: Infinity, newBackoff: () => () => 1, ...options })

const shown = (all: MergedWatcher, { dir }: Machine): string[] => all.watchers.map(({ api }) => api.replace(`unix://${dir}`, '')).sort()

describe('engines that are taken for one another', () => {
  it('whoever claims the id of the machine’s engine is shown beside it, and does not hide it', async () => {
    await using machine = new Machine()
    await machine.listen(machine.path('users/1000/whale.sock'))
    await using all = open(machine)
    await all.ready()
    await machine.listen(machine.path('run/whale.sock'))
    await all.discover()
    await settle()
    await all.discover()
    expect(shown(all, machine)).toEqual(['/run/whale.sock', '/users/1000/whale.sock'])
  })

  it('an engine in another mount namespace that claims the same id is another one', async () => {
    await using machine = new Machine()
    await machine.listen(machine.path('run/whale.sock'))
    await machine.listen(machine.path('box', machine.dir, 'run/whale.sock'))
    machine.addProcess(70, 'sh', { mnt: '2', root: machine.path('box') })
    await using all = open(machine)
    await all.ready()
    await settle()
    expect(shown(all, machine)).toEqual([`/proc/70/root${machine.dir}/run/whale.sock`, '/run/whale.sock'])
  })

  it('sockets of one process are one engine', async () => {
    await using machine = new Machine()
    const [one, other] = [machine.path('run/whale.sock'), machine.path('a/odd')]
    for (const path of [one, other]) await machine.listen(path)
    machine.addProcess(5, 'whaled', {
      mnt: '1',
      root: '/',
      sockets: [
        ['10', one],
        ['11', other],
      ],
    })
    await using all = open(machine)
    await all.ready()
    await settle()
    expect(shown(all, machine)).toEqual(['/run/whale.sock'])
  })

  it('an engine that was given is not found once more by another path of its socket', async () => {
    await using machine = new Machine()
    await machine.listen(machine.path('users/1000/whale.sock'))
    symlinkSync(machine.path('users'), machine.path('link'))
    await using all = open(machine, { engines: [machine.engine(`unix://${machine.path('link/1000/whale.sock')}`)], discover: true })
    await all.ready()
    expect(shown(all, machine)).toEqual(['/link/1000/whale.sock'])
  })
})

describe('an engine in another mount namespace', () => {
  it('stays when the process has ended by which it was found, also while it cannot be heard, and leaves with the namespace', async () => {
    await using machine = new Machine()
    const socket = machine.path('box', machine.dir, 'run/whale.sock')
    await machine.listen(socket)
    for (const pid of [70, 71]) machine.addProcess(pid, 'sh', { mnt: '2', root: machine.path('box') })
    const address = `unix://${machine.path('proc/70/root')}${machine.dir}/run/whale.sock`
    const engine = machine.engine(address)
    engine.start('a')
    await using all = open(machine)
    const told: string[] = []
    all.tap((events) => told.push(...events.map(brief)))
    await all.ready()
    engine.down = true
    engine.cut()
    await settle()
    machine.endProcess(70)
    await all.discover()
    // Restarted: another socket at the same path.
    await machine.unlisten(socket)
    await all.discover()
    await machine.listen(socket)
    await all.discover()
    engine.down = false
    while (all.watchers[0]?.state !== 'watching') await settle()
    expect(all.watchers.map(({ api }) => api)).toEqual([address])
    expect(told).toEqual(['started a', 'synced', 'lost', 'synced'])
    engine.down = true
    engine.cut()
    await machine.unlisten(socket)
    machine.endProcess(71)
    while (all.watchers[0]?.state === 'watching') await settle()
    await all.discover()
    expect(all.watchers).toEqual([])
    expect(told.at(-1)).toBe('exited a')
  })
})

describe('strangers that say nothing', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A machine with an engine of its own, and a process of an engine's name at whose socket nobody answers. */
  async function machineWithMute(): Promise<Machine> {
    const machine = new Machine()
    await machine.listen(machine.path('run/whale.sock'))
    await machine.listen(machine.path('a/odd'))
    machine.addProcess(5, 'whaled', { mnt: '1', root: '/', sockets: [['11', machine.path('a/odd')]] })
    machine.ids.set('a/odd', 'stranger')
    return machine
  }

  it('do not hold up the engines of the machine, and are admitted when they answer', async () => {
    await using machine = await machineWithMute()
    const [asked, answer] = [deferred(), deferred<boolean>()]
    machine.answers = () => {
      asked.resolve()
      return answer.promise
    }
    await using all = open(machine)
    await new Promise<void>((resolve) => all.on('synced', () => resolve()))
    expect(shown(all, machine)).toEqual(['/run/whale.sock'])
    await asked.promise
    answer.resolve(true)
    await all.ready()
    expect(shown(all, machine)).toEqual(['/a/odd', '/run/whale.sock'])
  })

  it('do not hold up ready() for longer than two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await using machine = await machineWithMute()
    let refuse = (): void => undefined
    machine.answers = () => new Promise((resolve) => (refuse = () => resolve(false)))
    await machine.listen(machine.path('users/1000/whale.sock'))
    const held = machine.engine(`unix://${machine.path('users/1000/whale.sock')}`).hold('list')
    await using all = open(machine)
    let isReady = false
    const ready = all.ready().then(() => (isReady = true))
    await held.reached
    await settle()
    expect(isReady).toBe(false)
    while (vi.getTimerCount() === 0) await settle()
    await vi.advanceTimersByTimeAsync(2_000)
    await ready
    expect(shown(all, machine)).toContain('/run/whale.sock')
    refuse()
  })

  it('a client that cannot be made is reported, and does not keep the others from being watched', async () => {
    await using machine = await machineWithMute()
    await machine.listen(machine.path('users/1000/whale.sock'))
    machine.ids.set('users/1000/whale.sock', 'user')
    const source = machine.source()
    const open = (address: string): ReturnType<typeof source.open> => {
      if (address.endsWith('/run/whale.sock')) throw new Error('options do not fit')
      return source.open(address)
    }
    const reports: unknown[] = []
    const logger = { warn: (details: object) => void reports.push(details) }
    await using all = watchAll({ env: {}, find: { ...machine.find, sources: [{ ...source, open }] }, logger, discoverIntervalMs: Infinity })
    await all.ready()
    expect(shown(all, machine)).toEqual(['/a/odd', '/users/1000/whale.sock'])
    expect(reports).toHaveLength(1)
  })
})

it('TLS is for the engines at ports; sockets are watched beside them', async () => {
  await using machine = new Machine()
  await machine.listen(machine.path('run/whale.sock'))
  const source = machine.source()
  const opened: (OpenOptions | undefined)[] = []
  const open = (address: string, options?: OpenOptions): ReturnType<typeof source.open> => {
    opened.push(options)
    return source.open(address, options)
  }
  const tls = { directory: machine.path('certificates') }
  const env = { DOCKER_HOST: `unix://${machine.path('other/docker.sock')}` }
  const engines = [`unix://${machine.path('a/docker.sock')}`, 'tcp://127.0.0.1:1']
  const find = { ...machine.find, sources: [{ ...source, open }] }
  await using all = watchAll({ engines, tls, env, find, discover: true, discoverIntervalMs: Infinity, newBackoff: () => () => undefined })
  const addresses = all.watchers.map(({ api }) => api.replace(machine.dir, ''))
  expect(addresses).toEqual(['unix:///a/docker.sock', 'tcp://127.0.0.1:1', 'unix:///other/docker.sock'])
  await all.ready()
  expect(shown(all, machine)).toEqual(['/run/whale.sock'])
  expect(opened.map((options) => options?.tls)).toEqual([undefined])
})
