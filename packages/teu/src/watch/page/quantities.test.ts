import { describe, expect, it } from 'vitest'
import { addressText, ageText, byteText, countText, engineName, percentText, roundByteText, roundPercentText } from './quantities.ts'

describe('numbers for people', () => {
  it.each([
    [0, '0.0 %'],
    [12.345, '12.3 %'],
    [99.94, '99.9 %'],
    [99.96, '100 %'],
    [1234.5, '1235 %'],
    [null, '–'],
  ])('percentText(%d) is %s', (value, text) => expect(percentText(value)).toBe(text))

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [2 ** 20, '1.00 MiB'],
    [64.04 * 2 ** 20, '64.0 MiB'],
    [999.6 * 2 ** 20, '0.98 GiB'],
    [511.6 * 2 ** 20, '512 MiB'],
    [2 ** 60, '1024 PiB'],
    [null, '–'],
  ])('byteText(%d) is %s', (value, text) => expect(byteText(value)).toBe(text))

  it.each([
    [0, '0 s'],
    [-5_000, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h 00 min'],
    [86_399_000, '23 h 59 min'],
    [86_400_000 * 12 + 3_600_000 * 4.5, '12 d 4 h'],
    [null, '–'],
  ])('ageText(%d) is %s', (value, text) => expect(ageText(value)).toBe(text))

  it('lines of graphs are at round values', () => {
    expect([0, 2 ** 29, 1.5 * 2 ** 30, 2 ** 62].map(roundByteText)).toEqual(['0 B', '512 MiB', '1.5 GiB', '4096 PiB'])
    expect([0, 0.5, 50].map(roundPercentText)).toEqual(['0 %', '0.5 %', '50 %'])
    expect([countText(7), countText(null)]).toEqual(['7', '–'])
  })

  it('engines have the names that people know', () => {
    expect(['docker.com', 'podman.io', 'k8s.io/cri-api', 'other.dev', 'constructor'].map(engineName)).toEqual([
      'Docker',
      'Podman',
      'CRI',
      'other',
      'constructor',
    ])
    expect(addressText('unix:///run/docker.sock')).toBe('/run/docker.sock')
  })
})
