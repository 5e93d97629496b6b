import type { LinuxResources } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { mergeResources } from './merge.ts'

describe('mergeResources()', () => {
  it('keeps what is absent or undefined, and clears what is null', () => {
    const old: LinuxResources = { memory: { limit: 5, swap: 6 }, cpu: { burst: 3 }, pids: { limit: 9 } }
    expect(mergeResources(old, { memory: { limit: 7, swap: undefined }, pids: null })).toEqual({
      memory: { limit: 7, swap: 6 },
      cpu: { burst: 3 },
    })
    expect(mergeResources(old, { memory: { swap: null } }).memory).toEqual({ limit: 5 })
    expect(old.memory).toEqual({ limit: 5, swap: 6 })
  })

  it('takes the zeros that mean "unset" for absent', () => {
    expect(mergeResources({ memory: { limit: 5 } }, { memory: { limit: 0 }, cpu: { quota: 0n, burst: 0 } })).toEqual({
      memory: { limit: 5 },
      cpu: { burst: 0 },
    })
  })

  it('replaces lists as a whole, and merges unified by file', () => {
    const old: LinuxResources = { hugepageLimits: [{ pageSize: '2MB', limit: 1 }], unified: { 'a.b': '1', 'c.d': '2' } }
    expect(mergeResources(old, { hugepageLimits: [], unified: { 'c.d': '3' } })).toEqual({
      hugepageLimits: [],
      unified: { 'a.b': '1', 'c.d': '3' },
    })
  })

  it('never changes device rules', () => {
    const old: LinuxResources = { devices: [{ allow: false, access: 'rwm' }] }
    expect(mergeResources(old, { devices: [] })).toEqual(old)
    expect(mergeResources(old, { devices: null })).toEqual(old)
  })

  it('keeps special keys as data', () => {
    const merged = mergeResources({}, JSON.parse('{"__proto__":{"memory":{"limit":1}},"unified":{"__proto__":"x"}}') as LinuxResources)
    expect(merged.memory).toBeUndefined()
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(({} as LinuxResources).memory).toBeUndefined()
  })
})
