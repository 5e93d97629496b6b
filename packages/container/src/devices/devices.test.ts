import type { LinuxDeviceCgroup, Spec, TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { V1DeviceCgroup } from '../../test/devices/device-model.ts'
import { type DeviceRequest, runDeviceProgram } from '../../test/devices/ebpf-machine.ts'
import { compileDeviceProgram } from './compile.ts'
import { deviceRulesFor } from './rules-for.ts'
import { v1DeviceWrites } from './v1-writes.ts'

function rulesOf(devices?: readonly LinuxDeviceCgroup[]): readonly LinuxDeviceCgroup[] {
  const spec: Spec = { ociVersion: '1.2.0', root: { path: 'rootfs' }, linux: devices === undefined ? {} : { resources: { devices } } }
  return deviceRulesFor(spec)
}

/** What a rule list allows of a device such as `c 1:3`, by program and by v1 lines; the two must agree. */
function accessTo(rules: readonly LinuxDeviceCgroup[], device: string): string {
  const [kind, major, minor] = device.split(/[ :]/) as [DeviceRequest['kind'], string, string]
  const program = compileDeviceProgram(rules)
  const cgroup = new V1DeviceCgroup()
  for (const write of v1DeviceWrites(rules)) cgroup.write(write)
  const allowed = (access: string, ask: (request: DeviceRequest) => boolean): boolean =>
    ask({ kind, major: Number(major), minor: Number(minor), access })
  const byProgram = ['r', 'w', 'm'].filter((letter) => allowed(letter, (request) => runDeviceProgram(program, request))).join('')
  const byLines = ['r', 'w', 'm'].filter((letter) => allowed(letter, (request) => cgroup.allows(request))).join('')
  expect(byLines).toBe(byProgram)
  return byProgram
}

const STANDARD = ['c 1:3', 'c 1:5', 'c 1:7', 'c 1:8', 'c 1:9', 'c 5:0', 'c 5:2', 'c 136:0', 'c 136:77']
const OTHERS = ['b 8:0', 'c 1:1', 'c 1:4', 'c 1:11', 'c 5:1', 'c 10:200', 'c 10:232', 'b 1:3']

describe('deviceRulesFor()', () => {
  it.each([
    ['absent', undefined],
    ['empty', []],
    ['a denial of everything', [{ allow: false, access: 'rwm' }]],
    ['a denial without letters', [{ allow: false }]],
    [
      'a denial of both kinds',
      [
        { allow: false, type: 'c' },
        { allow: false, type: 'b' },
      ],
    ],
  ] as const)('gives the standard devices and nothing else when the rules are %s', (_, devices) => {
    const rules = rulesOf(devices)
    expect(STANDARD.map((device) => accessTo(rules, device))).toEqual(STANDARD.map(() => 'rwm'))
    expect(OTHERS.map((device) => accessTo(rules, device))).toEqual(OTHERS.map(() => 'm'))
  })

  it('adds what the rules allow', () => {
    const rules = rulesOf([
      { allow: false },
      { allow: true, type: 'b', major: 8, minor: 0, access: 'r' },
      { allow: true, type: 'c', major: 10, access: 'rw' },
    ])
    expect(['b 8:0', 'b 8:1', 'c 10:200', 'c 11:200'].map((device) => accessTo(rules, device))).toEqual(['rm', 'm', 'rwm', 'm'])
  })

  it('lets an allowance of everything stand, less what is denied after it', () => {
    const rules = rulesOf([
      { allow: true, access: 'rwm' },
      { allow: false, type: 'b', major: 8, access: 'w' },
      { allow: false, type: 'c', major: 1, minor: 3 },
    ])
    expect(['b 8:0', 'b 9:0', 'c 10:232', 'c 1:3'].map((device) => accessTo(rules, device))).toEqual(['rm', 'rwm', 'rwm', 'rwm'])
  })

  it('does not take mknod of everything for everything', () => {
    expect(accessTo(rulesOf([{ allow: true, type: 'a', access: 'm' }]), 'b 8:0')).toBe('m')
  })
})

describe('compileDeviceProgram()', () => {
  it('lets a later rule take something out of an earlier, wider one', () => {
    const rules: LinuxDeviceCgroup[] = [
      { allow: true, type: 'c', major: 10 },
      { allow: false, type: 'c', major: 10, minor: 5, access: 'w' },
    ]
    const program = compileDeviceProgram(rules)
    const ask = (minor: number, access: string): boolean => runDeviceProgram(program, { kind: 'c', major: 10, minor, access })
    expect([ask(4, 'rw'), ask(5, 'r'), ask(5, 'w'), ask(5, 'rw')]).toEqual([true, true, false, false])
  })

  it('needs a few instructions for each device that matters, and none for those that do not', () => {
    expect(compileDeviceProgram([]).length / 8).toBe(11)
    const standard = compileDeviceProgram(rulesOf()).length
    expect(standard / 8).toBeLessThanOrEqual(50)
    expect(
      compileDeviceProgram(rulesOf([{ allow: false }, { allow: true, type: 'c', major: 1, minor: 3 }, { allow: false, type: 'b' }])).length,
    ).toBe(standard)
  })

  it('takes thousands of rules', () => {
    const many = Array.from({ length: 4096 }, (_, minor): LinuxDeviceCgroup => ({ allow: true, type: 'b', major: 8, minor, access: 'rw' }))
    const program = compileDeviceProgram(rulesOf(many))
    expect(runDeviceProgram(program, { kind: 'b', major: 8, minor: 0, access: 'rw' })).toBe(true)
    expect(runDeviceProgram(program, { kind: 'b', major: 8, minor: 4096, access: 'r' })).toBe(false)
    expect(() => compileDeviceProgram(Array.from({ length: 6000 }, (_, minor) => ({ ...many[0]!, minor })))).toThrow(/6000 rules, at most/)
  })

  it.each([
    [{ allow: true, type: 'd' }, 'type'],
    [{ allow: true, type: 'c', major: -2 }, 'major'],
    [{ allow: true, type: 'c', major: 4096 }, 'major'],
    [{ allow: true, type: 'c', minor: 1.5 }, 'minor'],
    [{ allow: true, type: 'c', minor: 2 ** 20 }, 'minor'],
    [{ allow: true, type: 'c', access: 'rx' }, 'access'],
  ])('refuses %j', (rule, key) => {
    let caught: TeuError | undefined
    try {
      compileDeviceProgram([{ allow: false }, rule as LinuxDeviceCgroup])
    } catch (error) {
      caught = error as TeuError
    }
    expect(caught).toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID', pointer: `/linux/resources/devices/1/${key}` })
  })
})

describe('v1DeviceWrites()', () => {
  it('starts from everything or nothing and writes each exception once', () => {
    const rules = [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 1, minor: 3, access: 'r' },
      { allow: true, type: 'c', major: 1, minor: 3, access: 'wm' },
      { allow: true, type: 'c', major: 136 },
      { allow: true, type: 'c', major: 136, minor: 4, access: 'r' },
      { allow: false, type: 'b', major: 9 },
    ] as const
    expect(v1DeviceWrites(rules)).toEqual([
      { file: 'devices.deny', value: 'a' },
      { file: 'devices.allow', value: 'c 1:3 rwm' },
      { file: 'devices.allow', value: 'c 136:* rwm' },
    ])
    expect(v1DeviceWrites([{ allow: true }, { allow: false, type: 'b', major: 8, minor: 1, access: 'w' }])).toEqual([
      { file: 'devices.allow', value: 'a' },
      { file: 'devices.deny', value: 'b 8:1 w' },
    ])
    expect(v1DeviceWrites(rulesOf())).toHaveLength(11)
  })

  it('writes together what two rules allow of one device', () => {
    const rules: LinuxDeviceCgroup[] = [
      { allow: true, type: 'c', major: 5, access: 'r' },
      { allow: true, type: 'c', minor: 1, access: 'w' },
    ]
    expect(v1DeviceWrites(rules).map(({ value }) => value)).toEqual(['a', 'c 5:* r', 'c *:1 w', 'c 5:1 rw'])
  })

  it('refuses a rule that the kernel would accept without effect', () => {
    const rules: LinuxDeviceCgroup[] = [
      { allow: false },
      { allow: true, type: 'c', major: 10 },
      { allow: false, type: 'c', major: 10, minor: 5, access: 'r' },
    ]
    let caught: TeuError | undefined
    try {
      v1DeviceWrites(rules)
    } catch (error) {
      caught = error as TeuError
    }
    expect(caught).toMatchObject({ code: 'ERR_TEU_UNSUPPORTED', pointer: '/linux/resources/devices/2' })
    expect(v1DeviceWrites([...rules, { allow: false, type: 'c', access: 'r' }])).toHaveLength(2)
  })
})
