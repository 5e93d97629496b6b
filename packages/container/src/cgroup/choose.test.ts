import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { below, HYBRID, host, V2 } from '../../test/support/cgroup-hosts.ts'
import type { CgroupFacts } from '../host-facts.ts'
import { cgroupFileProbe, chooseCgroups } from './choose.ts'
import type { CgroupLocation } from './locate.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'teu-choose-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function unified(controllers: readonly string[] = ['memory', 'pids']): CgroupFacts {
  return { layout: 'v2', v1: [], v2: { mountPoint: root, ownPath: '/user/session', controllers } }
}

function choose(rootless: boolean, resources = {}): CgroupLocation {
  return chooseCgroups({ id: 'x', manager: 'fs', host: { ...host(unified()), rootless }, resources })
}

describe('chooseCgroups()', () => {
  it('is plain location for root', () => {
    expect(choose(false).paths['']).toBe(`${root}/teu-x`)
  })

  it('takes what was delegated to an ordinary user', () => {
    mkdirSync(join(root, 'user/session'), { recursive: true })
    writeFileSync(join(root, 'user/cgroup.procs'), '')
    expect(choose(true).paths['']).toBe(`${root}/user/teu-x`)
  })

  it('goes without cgroups, unless limits need them', () => {
    // Nothing to write processes to on the way up: a move would be refused by the kernel.
    mkdirSync(join(root, 'user/session'), { recursive: true })
    expect(choose(true).layout).toBe('none')
    expect(() => choose(true, { pids: { limit: 5 } })).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_ROOTLESS', pointer: '/linux/resources/pids/limit' }),
    )
    expect(() => choose(true, { pids: { limit: 1.5 } })).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID' }))
    expect(() => choose(true, { memory: { swappiness: 5 } })).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  })
})

describe('chooseCgroups() with systemd', () => {
  const service = 'user.slice/user-1000.slice/user@1000.service'
  function chooseUnit(ownPath: string): CgroupLocation {
    mkdirSync(join(root, service), { recursive: true })
    mkdirSync(join(root, ownPath), { recursive: true })
    writeFileSync(join(root, service, 'cgroup.procs'), '')
    const facts: CgroupFacts = { layout: 'v2', v1: [], v2: { mountPoint: root, ownPath, controllers: ['memory'] } }
    return chooseCgroups({ id: 'x', manager: 'systemd', host: { ...host(facts), rootless: true, euid: 1000 } })
  }

  it('gives an ordinary user a unit of the own systemd', () => {
    expect(chooseUnit(`/${service}/app.slice/a.scope`).paths['']).toBe(`${root}/${service}/user.slice/teu-x.scope`)
  })

  it('refuses where the way into the unit is closed', () => {
    const refused = expect.objectContaining({ code: 'ERR_TEU_ROOTLESS', remedy: expect.stringContaining('systemd-run --user') as string })
    expect(() => chooseUnit('/user.slice/user-1000.slice/session-2.scope')).toThrow(refused)
  })
})

describe('cgroupFileProbe()', () => {
  const has = (controller: string, file: string): boolean => cgroupFileProbe(below(root, V2))(controller, file)

  it('looks into the container’s own cgroup first', () => {
    mkdirSync(join(root, 'c'))
    writeFileSync(join(root, 'c/cgroup.controllers'), 'io memory\n')
    writeFileSync(join(root, 'c/io.bfq.weight'), '')
    expect([has('io', 'io.bfq.weight'), has('memory', 'memory.swap.max')]).toEqual([true, false])
  })

  it('takes a sibling with the controller for an example', () => {
    mkdirSync(join(root, 'without'))
    writeFileSync(join(root, 'without/cgroup.controllers'), 'pids\n')
    mkdirSync(join(root, 'z'))
    writeFileSync(join(root, 'z/cgroup.controllers'), 'memory\n')
    expect(has('memory', 'memory.swap.max')).toBe(false)
    writeFileSync(join(root, 'z/memory.swap.max'), '')
    expect(has('memory', 'memory.swap.max')).toBe(true)
  })

  it('assumes the usual kernel when there is no example, so that no limit is left out', () => {
    expect([has('memory', 'memory.swap.max'), has('io', 'io.bfq.weight')]).toEqual([true, false])
  })

  it('works on v1', () => {
    mkdirSync(join(root, 'blkio/a'), { recursive: true })
    writeFileSync(join(root, 'blkio/a/blkio.bfq.weight'), '')
    expect(cgroupFileProbe(below(root, HYBRID))('blkio', 'blkio.bfq.weight')).toBe(true)
  })
})
