import { symlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Machine } from '../testing/machine.ts'
import { settle } from '../testing/told.ts'
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
