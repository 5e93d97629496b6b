import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CAPABILITIES, capabilityMask, capabilityMasks, capabilityName, capabilityNumber } from './capabilities.ts'

describe('capabilities', () => {
  it('are 41, each once, with the numbers of the kernel', () => {
    expect(CAPABILITIES).toHaveLength(41)
    expect(new Set(CAPABILITIES).size).toBe(41)
    expect([0, 12, 13, 21, 30, 38, 39, 40].map(capabilityName)).toEqual([
      'CAP_CHOWN',
      'CAP_NET_ADMIN',
      'CAP_NET_RAW',
      'CAP_SYS_ADMIN',
      'CAP_AUDIT_CONTROL',
      'CAP_PERFMON',
      'CAP_BPF',
      'CAP_CHECKPOINT_RESTORE',
    ])
    for (const [number, name] of CAPABILITIES.entries()) expect(capabilityNumber(name)).toBe(number)
    expect([capabilityNumber('CAP_NOPE'), capabilityNumber('chown'), capabilityName(41), capabilityName(-1)]).toEqual(
      Array.from({ length: 4 }),
    )
  })

  it.runIf(process.platform === 'linux')('cover what this kernel has', () => {
    expect(CAPABILITIES.length - 1).toBeGreaterThanOrEqual(Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8')))
  })

  it('become masks that unknown names do not change', () => {
    expect(capabilityMask(['CAP_CHOWN', 'CAP_KILL', 'CAP_KILL', 'CAP_FUTURE'])).toBe(0b100001n)
    expect(capabilityMask(CAPABILITIES)).toBe(2n ** 41n - 1n)
  })

  it('are reduced to what the kernel can grant', () => {
    const all = {
      bounding: ['CAP_CHOWN', 'CAP_BPF'],
      effective: ['CAP_CHOWN', 'CAP_KILL'],
      permitted: ['CAP_CHOWN'],
      ambient: ['CAP_CHOWN'],
    }
    expect(capabilityMasks(all)).toEqual({ bounding: 1n | (1n << 39n), effective: 1n, permitted: 1n, inheritable: 0n, ambient: 0n })
    expect(capabilityMasks({ ...all, inheritable: ['CAP_CHOWN'] }).ambient).toBe(1n)
    expect(capabilityMasks(all, 2n ** 38n - 1n).bounding).toBe(1n)
    expect(capabilityMasks({})).toEqual({ bounding: 0n, effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n })
  })
})
