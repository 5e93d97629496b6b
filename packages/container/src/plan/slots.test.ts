import { describe, expect, it } from 'vitest'
import { createInput, failure } from '../../test/support/plan-input.ts'
import { configError } from './config-error.ts'
import { containerPath, isBelow } from './container-path.ts'
import { compileCreatePlan } from './create.ts'
import { CALLER_SLOTS, SLOT, SlotAllocator } from './slots.ts'

describe('SlotAllocator', () => {
  it('gives out numbers that nobody else has', () => {
    const slots = new SlotAllocator()
    const taken = [slots.take(), slots.take()]
    const fixed: readonly number[] = Object.values(SLOT)
    expect(new Set(taken).size).toBe(2)
    expect(Math.min(...fixed)).toBeGreaterThanOrEqual(CALLER_SLOTS)
    expect(Math.min(...taken)).toBeGreaterThan(Math.max(...fixed))
    expect(new Set(fixed).size).toBe(fixed.length)
    expect(slots.taken).toBe(2)
  })

  it('ends with an error that names the mount when the table is full', () => {
    const mounts = Array.from({ length: 4100 }, (_, index) => ({ destination: `/m${index}`, source: '/s', options: ['bind'] }))
    expect(failure(() => compileCreatePlan(createInput({ mounts })))).toMatchObject({
      code: 'ERR_TEU_CONFIG_INVALID',
      pointer: expect.stringMatching(/^\/mounts\/4\d\d\d$/) as string,
    })
  })
})

describe('containerPath()', () => {
  it.each([
    ['/a', '/a'],
    ['a/b/', '/a/b'],
    ['/a//./b/../c', '/a/c'],
    ['/../..', '/'],
    ['', '/'],
  ])('makes %j %j', (path, expected) => {
    expect(containerPath(path)).toBe(expected)
  })

  it('compares whole components', () => {
    expect(isBelow('/proc/x', '/proc')).toBe(true)
    expect(isBelow('/proc', '/proc')).toBe(true)
    expect(isBelow('/process', '/proc')).toBe(false)
    expect(isBelow('/x', '/')).toBe(true)
  })
})

describe('configError()', () => {
  it('names the place as a person would write it', () => {
    expect(configError('/mounts/3/options/1', 'no').message).toBe('mounts[3].options[1]: no')
    expect(configError('/linux/sysctl/net.ipv4~1x', 'no').message).toBe('linux.sysctl["net.ipv4/x"]: no')
  })
})
