import { expect, test } from 'vitest'
import { mergeResources } from './merge-resources.ts'

test('limits that the change does not name stay, in each group', () => {
  const before = { memory: { limit: 64, swap: 128 }, cpu: { shares: 2, quota: 5 }, pids: { limit: 9 }, unified: { 'a.b': '1' } }
  expect(mergeResources(before, { memory: { limit: 32 }, cpu: { quota: 7 }, unified: { 'c.d': '2' } })).toEqual({
    memory: { limit: 32, swap: 128 },
    cpu: { shares: 2, quota: 7 },
    pids: { limit: 9 },
    unified: { 'a.b': '1', 'c.d': '2' },
  })
  expect(before.memory.limit).toBe(64)
})

test('lists are taken as a whole', () => {
  const devices = [{ allow: false, access: 'rwm' }]
  const limits = [{ pageSize: '2MB', limit: 1 }]
  expect(mergeResources({ devices, hugepageLimits: limits }, { hugepageLimits: [], devices: [] })).toEqual({
    devices: [],
    hugepageLimits: [],
  })
})

test('without limits before it is the change; names of the prototype are names', () => {
  const unified = JSON.parse('{"__proto__": "1"}') as Record<string, string>
  expect(mergeResources(undefined, { pids: { limit: 1 } })).toEqual({ pids: { limit: 1 } })
  expect(Object.keys(mergeResources({}, { unified }).unified ?? {})).toEqual(['__proto__'])
})
