import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { below, HYBRID, V2 } from '../../test/support/cgroup-hosts.ts'
import type { CgroupLocation } from './locate.ts'
import { cgroupIsEmpty, freezerState, readOomKills, readPids, removeCgroups } from './manage.ts'

let root: string
let v2: CgroupLocation
let hybrid: CgroupLocation
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'teu-manage-'))
  v2 = below(root, V2)
  hybrid = below(root, HYBRID)
})
afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

describe('readPids()', () => {
  it('reads the whole subtree, each pid once', () => {
    put('c/cgroup.procs', '30\n4\n')
    put('c/a/cgroup.procs', '5\n0\n')
    put('c/a/b/cgroup.procs', '4\n6\n')
    expect(readPids(v2)).toEqual([4, 5, 6, 30])
  })

  it('uses v2 in the hybrid layout', () => {
    put('unified/c/cgroup.procs', '7\n')
    put('freezer/c/cgroup.procs', '8\n')
    expect(readPids(hybrid)).toEqual([7])
  })

  it('is empty when the cgroup is gone, and without cgroups', () => {
    expect(readPids(v2)).toEqual([])
    expect(readPids({ layout: 'none', manager: 'disabled', paths: {}, hierarchies: [] })).toEqual([])
  })
})

describe('cgroupIsEmpty()', () => {
  it('asks cgroup.events on v2, which counts zombies and threads rightly', () => {
    put('c/cgroup.events', 'populated 1\nfrozen 0\n')
    expect(cgroupIsEmpty(v2)).toBe(false)
    put('c/cgroup.events', 'populated 0\nfrozen 0\n')
    expect(cgroupIsEmpty(v2)).toBe(true)
    rmSync(join(root, 'c'), { recursive: true })
    expect(cgroupIsEmpty(v2)).toBe(true)
  })
})

describe('freezerState()', () => {
  it.each([
    ['1\n', 'populated 1\nfrozen 1\n', 'frozen'],
    ['1\n', 'populated 1\nfrozen 0\n', 'freezing'],
    ['0\n', 'populated 1\nfrozen 0\n', 'thawed'],
    // Only a cgroup above is frozen.
    ['0\n', 'populated 1\nfrozen 1\n', 'thawed'],
  ])('on v2 with cgroup.freeze %j and cgroup.events %j is %s', (freeze, events, state) => {
    put('c/cgroup.freeze', freeze)
    put('c/cgroup.events', events)
    expect(freezerState(v2)).toBe(state)
  })

  it.each([
    ['THAWED\n', '0\n', 'thawed'],
    ['FREEZING\n', '1\n', 'freezing'],
    ['FROZEN\n', '1\n', 'frozen'],
    ['FROZEN\n', '0\n', 'thawed'],
  ])('on v1 with freezer.state %j and self_freezing %j is %s', (state, self, expected) => {
    put('freezer/c/freezer.state', state)
    put('freezer/c/freezer.self_freezing', self)
    expect(freezerState(hybrid)).toBe(expected)
  })

  it('is none without a cgroup', () => {
    expect([freezerState(v2), freezerState(hybrid)]).toEqual(['none', 'none'])
  })
})

describe('readOomKills()', () => {
  it('reads the counter of either version', () => {
    expect(readOomKills(v2)).toBeUndefined()
    put('c/memory.events', 'low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\noom_group_kill 0\n')
    put('memory/c/memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n')
    expect([readOomKills(v2), readOomKills(hybrid)]).toEqual([1, 4])
  })
})

describe('removeCgroups()', () => {
  it('removes leaves first, in every hierarchy', async () => {
    for (const path of ['unified/c/a/b/c', 'unified/c/d', 'memory/c/x', 'cpu/c']) mkdirSync(join(root, path), { recursive: true })
    await removeCgroups(hybrid)
    expect(readdirSync(root).map((name) => readdirSync(join(root, name)))).toEqual([[], [], []])
  })

  it('removes a tree of any depth', async () => {
    mkdirSync(join(root, 'c', ...Array.from({ length: 300 }, () => 'd')), { recursive: true })
    await removeCgroups(v2)
    expect(readdirSync(root)).toEqual([])
  })

  it('is done when nothing is there', async () => {
    await removeCgroups(v2)
    await removeCgroups({ layout: 'none', manager: 'disabled', paths: {}, hierarchies: [] })
  })

  it('names what stays, and goes on with the other hierarchies', async () => {
    put('memory/c/file', '')
    mkdirSync(join(root, 'pids/c'), { recursive: true })
    await expect(removeCgroups(hybrid)).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP', path: join(root, 'memory/c'), syscall: 'rmdir' })
    expect(readdirSync(join(root, 'pids'))).toEqual([])
  })

  it('ends early when it is aborted', async () => {
    put('c/file', '')
    const reason = new Error('enough')
    await expect(removeCgroups(v2, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it.each(['', '/', '/..', '/a/../..', '/.', '//a'])('never touches %j below the root of a hierarchy', async (suffix) => {
    const stray: CgroupLocation = { ...v2, hierarchies: [{ version: 2, root, path: `${root}${suffix}`, controllers: [] }] }
    await expect(removeCgroups(stray)).rejects.toMatchObject({ code: 'ERR_TEU_CGROUP' })
    expect(() => readPids(stray)).toThrow('it is not below the hierarchy')
  })
})
