import { describe, expect, it } from 'vitest'
import { resourcesOf } from './update-resources.ts'

describe('resourcesOf()', () => {
  it('holds nothing but what was given', () => {
    expect(resourcesOf({})).toEqual({})
    expect(resourcesOf({ memory: '64m' })).toEqual({ memory: { limit: 64 * 1024 ** 2 } })
    expect(resourcesOf({ 'cpu-quota': '-1' })).toEqual({ cpu: { quota: -1 } })
  })

  it('reads every flag', () => {
    expect(
      resourcesOf({
        'blkio-weight': '500',
        'cpu-period': '100000',
        'cpu-quota': '50000',
        'cpu-burst': '10',
        'cpu-share': '2048',
        'cpu-rt-period': '1000',
        'cpu-rt-runtime': '-1',
        'cpuset-cpus': '0-1',
        'cpuset-mems': '',
        memory: '1g',
        'memory-reservation': '512m',
        'memory-swap': '-1',
        'pids-limit': '-1',
      }),
    ).toEqual({
      blockIO: { weight: 500 },
      cpu: { period: 100000, quota: 50000, burst: 10, shares: 2048, realtimePeriod: 1000, realtimeRuntime: -1, cpus: '0-1', mems: '' },
      memory: { limit: 1024 ** 3, reservation: 512 * 1024 ** 2, swap: -1 },
      pids: { limit: -1 },
    })
  })

  it('takes a stored limit on swap back when memory becomes unlimited', () => {
    expect(resourcesOf({ memory: '-1' })).toEqual({ memory: { limit: -1, swap: null } })
    expect(resourcesOf({ memory: '-1', 'memory-swap': '-1' })).toEqual({ memory: { limit: -1, swap: -1 } })
  })

  it('takes stored shares back when a container becomes idle', () => {
    expect(resourcesOf({ 'cpu-idle': '1' })).toEqual({ cpu: { idle: 1, shares: null } })
    expect(resourcesOf({ 'cpu-idle': '0', 'cpu-share': '100' })).toEqual({ cpu: { idle: 0, shares: 100 } })
  })

  it('keeps 64-bit numbers exact', () => {
    expect(resourcesOf({ 'cpu-share': '18446744073709551615' })).toEqual({ cpu: { shares: 18446744073709551615n } })
  })

  it.each([{ memory: 'lots' }, { 'cpu-idle': '2' }, { 'pids-limit': '1e3' }, { 'blkio-weight': '1001' }])('refuses %j', (flags) => {
    expect(() => resourcesOf(flags)).toThrow(new RegExp(`^--${Object.keys(flags)[0]}: expected`))
  })
})
