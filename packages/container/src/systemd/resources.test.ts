import type { LinuxResources } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { at, HYBRID, V2 } from '../../test/support/cgroup-hosts.ts'
import type { ResourcesPatch } from '../cgroup/resources/merge.ts'
import { bitSet, compileUnitProperties } from './resources.ts'

const INFINITY = 18446744073709551615n

function properties(resources: LinuxResources, patch?: ResourcesPatch, facts = V2, version = 252): Record<string, unknown> {
  const list = compileUnitProperties(resources, { location: at(facts), version, ...(patch && { patch }) })
  return Object.fromEntries(list.map(([name, { value }]) => [name, value]))
}

describe('compileUnitProperties() on v2', () => {
  it('has nothing for what was not asked', () => {
    expect(properties({})).toEqual({})
    expect(properties({ memory: { limit: 0 }, cpu: { burst: 5 } })).toEqual({})
  })

  it('knows memory, swap, tasks, CPU and I/O', () => {
    const resources: LinuxResources = {
      memory: { limit: 1000, swap: 1500, reservation: 500 },
      pids: { limit: 10 },
      cpu: { shares: 512, quota: 25_000, period: 50_000, cpus: '0-1', mems: '0' },
      blockIO: { weight: 1000 },
    }
    expect(properties(resources)).toEqual({
      MemoryMax: 1000n,
      MemorySwapMax: 500n,
      MemoryLow: 500n,
      TasksMax: 10n,
      CPUWeight: 59n,
      CPUQuotaPeriodUSec: 50_000n,
      CPUQuotaPerSecUSec: 500_000n,
      AllowedCPUs: Uint8Array.of(3),
      AllowedMemoryNodes: Uint8Array.of(1),
      IOWeight: 10_000n,
    })
  })

  it('says "no limit" as infinity', () => {
    expect(properties({ memory: { limit: -1, swap: -1 }, pids: { limit: -1 }, cpu: { quota: -1 } })).toEqual({
      MemoryMax: INFINITY,
      MemorySwapMax: INFINITY,
      TasksMax: INFINITY,
      CPUQuotaPerSecUSec: INFINITY,
    })
  })

  it('rounds the quota up to 10 ms', () => {
    expect(properties({ cpu: { quota: 12_345 } })['CPUQuotaPerSecUSec']).toBe(130_000n)
  })

  it('leaves out what an older systemd does not have', () => {
    const cpu = { quota: 1000, period: 2000, cpus: '0', idle: 1, shares: 5 }
    expect(Object.keys(properties({ cpu }, undefined, V2, 239)).sort()).toEqual(['CPUQuotaPerSecUSec', 'CPUWeight'])
    expect(properties({ cpu: { idle: 1 } })).toEqual({ CPUWeight: 0n })
  })

  it('sets only what an update names', () => {
    const merged = { memory: { limit: 5 }, cpu: { quota: 1000, period: 2000, burst: 3 }, pids: { limit: 2 } }
    expect(properties(merged, { memory: { limit: 5 } })).toEqual({ MemoryMax: 5n })
    expect(properties(merged, { cpu: { quota: 1000 } })).toEqual({ CPUQuotaPeriodUSec: 2000n, CPUQuotaPerSecUSec: 500_000n })
    expect(properties({}, { memory: null, pids: { limit: null } })).toEqual({
      MemoryMax: INFINITY,
      MemoryLow: 0n,
      MemorySwapMax: INFINITY,
      TasksMax: INFINITY,
    })
  })

  it('lets unified files have the last word', () => {
    const list = compileUnitProperties(
      { memory: { limit: 5 }, unified: { 'memory.max': '6', 'memory.high': 'max', 'io.max': 'x' } },
      { location: at(V2), version: 252 },
    )
    expect(list.map(([name, { value }]) => [name, value])).toEqual([
      ['MemoryMax', 5n],
      ['MemoryMax', 6n],
      ['MemoryHigh', INFINITY],
    ])
  })
})

describe('compileUnitProperties() on v1', () => {
  it('uses the older names', () => {
    expect(
      properties(
        { memory: { limit: 5, swap: 6, reservation: 3 }, cpu: { shares: 7, cpus: '0' }, blockIO: { weight: 20 } },
        undefined,
        HYBRID,
      ),
    ).toEqual({
      MemoryLimit: 5n,
      CPUShares: 7n,
      BlockIOWeight: 20n,
    })
  })
})

describe('bitSet()', () => {
  it('puts number n into bit n', () => {
    expect([bitSet(''), bitSet('0-2,5'), bitSet('8'), bitSet('15,0')].map((bytes) => [...bytes])).toEqual([[], [0x27], [0, 1], [1, 0x80]])
  })
})
