import { isTeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { type ProfileConditions, resolveSeccompProfile } from './docker-format.ts'

const host: ProfileConditions = { capabilities: ['CAP_SYS_ADMIN', 'CAP_CHOWN'], machine: 'x86_64', kernel: [5, 15] }

function namesOf(entries: readonly object[], conditions: Partial<ProfileConditions> = {}): string[] {
  const syscalls = entries.map((entry) => ({ action: 'SCMP_ACT_ALLOW', ...entry }))
  const resolved = resolveSeccompProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }, { ...host, ...conditions })
  return (resolved.syscalls ?? []).flatMap((entry) => entry.names)
}

describe('resolveSeccompProfile()', () => {
  it('keeps entries whose conditions all hold', () => {
    const entries = [
      { names: ['a'], includes: {}, excludes: {} },
      { names: ['b'], includes: { caps: ['CAP_CHOWN', 'CAP_SYS_ADMIN'] } },
      { names: ['c'], includes: { caps: ['CAP_CHOWN', 'CAP_BPF'] } },
      { names: ['d'], excludes: { caps: ['CAP_BPF', 'CAP_CHOWN'] } },
      { names: ['e'], excludes: { caps: ['CAP_BPF'] } },
      { names: ['f'], includes: { arches: ['amd64', 'x32'] } },
      { names: ['g'], includes: { arches: ['arm64'] } },
      { names: ['h'], excludes: { arches: ['s390x', 'amd64'] } },
      { names: ['i'], includes: { minKernel: '5.15' } },
      { names: ['j'], includes: { minKernel: '5.16' } },
      { names: ['k'], excludes: { minKernel: '4.20' } },
      { names: ['l'], excludes: { minKernel: '6.0' }, includes: { arches: null, caps: null } },
    ]
    expect(namesOf(entries)).toEqual(['a', 'b', 'e', 'f', 'i', 'l'])
    expect(namesOf(entries, { machine: 'aarch64' })).toEqual(['a', 'b', 'e', 'g', 'h', 'i', 'l'])
  })

  it('takes one name in place of a list', () => {
    expect(namesOf([{ name: 'read' }])).toEqual(['read'])
    expect(() => namesOf([{ name: 'read', names: ['write'] }])).toThrow(/only one may be given/)
  })

  it('chooses the architectures of the machine', () => {
    const archMap = [
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    ]
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', archMap }
    expect(resolveSeccompProfile(profile, host).architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
    expect(resolveSeccompProfile(profile, { ...host, machine: 'armv7l' }).architectures).toBeUndefined()
    expect(() => resolveSeccompProfile({ ...profile, architectures: ['SCMP_ARCH_X86'] }, host)).toThrow(/only one may be given/)
  })

  it('turns error names into numbers, and prefers them', () => {
    const syscalls = [{ names: ['a'], action: 'SCMP_ACT_ERRNO', errno: 'EINVAL', errnoRet: 1 }]
    const resolved = resolveSeccompProfile({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'ENOSYS', defaultErrnoRet: 1, syscalls }, host)
    expect(resolved).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 38,
      syscalls: [{ names: ['a'], action: 'SCMP_ACT_ERRNO', errnoRet: 22 }],
    })
    expect(() => resolveSeccompProfile({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrno: 'EWHAT' }, host)).toThrow(/"EWHAT"/)
  })

  it('leaves an OCI object as it is', () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      architectures: ['SCMP_ARCH_X86_64'],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      listenerPath: '/run/s',
      listenerMetadata: 'x',
      syscalls: [{ names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] }],
    }
    expect(resolveSeccompProfile(profile, host)).toEqual(profile)
  })

  it.each([
    ['text', ''],
    [{ syscalls: {} }, '/syscalls'],
    [{ syscalls: ['read'] }, '/syscalls/0'],
    [{ syscalls: [{ names: [1] }] }, '/syscalls/0/names/0'],
    [{ syscalls: [{ names: ['a'], includes: { minKernel: 5 } }] }, '/syscalls/0/includes/minKernel'],
    [{ archMap: 'all' }, '/archMap'],
  ])('refuses %j with a pointer', (profile, pointer) => {
    let caught: unknown
    try {
      resolveSeccompProfile(profile, host)
    } catch (error) {
      caught = error
    }
    expect(isTeuError(caught, 'ERR_TEU_CONFIG_INVALID')).toBe(true)
    expect(caught).toMatchObject({ pointer })
  })
})
