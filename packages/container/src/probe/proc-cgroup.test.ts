import { describe, expect, it } from 'vitest'
import { parseProcCgroup } from './proc-cgroup.ts'

describe('parseProcCgroup()', () => {
  it('reads v1, named and v2 memberships', () => {
    expect(parseProcCgroup('9:name=systemd:/a\n3:cpu,cpuacct:/b/c\n0::/\n')).toEqual([
      { hierarchy: 9, controllers: ['name=systemd'], path: '/a' },
      { hierarchy: 3, controllers: ['cpu', 'cpuacct'], path: '/b/c' },
      { hierarchy: 0, controllers: [], path: '/' },
    ])
  })

  it('keeps colons of the path', () => {
    expect(parseProcCgroup('0::/a:b::c\n')[0]?.path).toBe('/a:b::c')
  })

  it('leaves out what is not in the format', () => {
    expect(parseProcCgroup('\nnonsense\n1\n::\n')).toEqual([])
  })
})
