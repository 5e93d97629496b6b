import { describe, expect, test } from 'vitest'
import { hostPlatform, parsePlatform, platformRank, platformText } from './platform.ts'

const rank = (wanted: string, offered: string): number | undefined => platformRank(parsePlatform(wanted), parsePlatform(offered))

describe('parsePlatform()', () => {
  test('takes long and short forms', () => {
    expect(parsePlatform('linux/arm/v7')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' })
    expect(parsePlatform('arm/v7')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' })
    expect(parsePlatform('aarch64')).toEqual({ os: 'linux', architecture: 'arm64' })
    expect(platformText(parsePlatform('Linux/x86_64'))).toBe('linux/amd64')
  })

  test('refuses the rest', () => {
    for (const text of ['', 'linux', 'linux/', 'a/b/c/d', 'linux/am d64', 'linux/../x']) {
      expect(() => parsePlatform(text), text).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
    }
  })
})

describe('platformRank()', () => {
  test('prefers the exact one, then older variants, then the 32-bit kin', () => {
    expect(rank('linux/arm64', 'linux/arm64/v8')).toBe(0)
    expect(rank('linux/arm/v7', 'linux/arm')).toBe(0)
    expect(rank('linux/arm/v7', 'linux/arm/v6')).toBe(1)
    expect(rank('linux/arm/v6', 'linux/arm/v7')).toBeUndefined()
    expect(rank('linux/amd64', 'linux/amd64/v2')).toBeUndefined()
    expect(rank('linux/amd64/v3', 'linux/amd64')).toBe(2)
    expect(rank('linux/amd64', 'linux/386')).toBe(100)
    expect(rank('linux/arm64', 'linux/arm/v7')).toBe(101)
    expect(rank('linux/386', 'linux/amd64')).toBeUndefined()
    expect(rank('linux/riscv64', 'linux/riscv64')).toBe(0)
    expect(rank('linux/amd64', 'windows/amd64')).toBeUndefined()
    expect(rank('linux/amd64', 'unknown/unknown')).toBeUndefined()
    expect(rank('linux/mips64le/softfloat', 'linux/mips64le/softfloat')).toBe(0)
    expect(rank('linux/mips64le', 'linux/mips64le/softfloat')).toBeUndefined()
  })

  test('an image for this machine runs here', () => {
    expect(platformRank(hostPlatform(), hostPlatform())).toBe(0)
  })
})
