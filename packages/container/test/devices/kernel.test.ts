import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LinuxDeviceCgroup } from '@teu/spec'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { compileDeviceProgram } from '../../src/devices/compile.ts'
import { deviceRulesFor } from '../../src/devices/rules-for.ts'
import { v1DeviceWrites } from '../../src/devices/v1-writes.ts'
import { modelAllows } from './device-model.ts'

/** Mount point of the v2 hierarchy, and of the v1 hierarchy with the device controller. */
function mountPoint(filter: (type: string, options: string) => boolean): string | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [, , , , point, ...rest] = line.split(' ')
    const [type = '', , options = ''] = rest.slice(rest.indexOf('-') + 1)
    if (point !== undefined && filter(type, options)) return point
  }
  return undefined
}

const v2 = mountPoint((type) => type === 'cgroup2')
const v1 = mountPoint((type, options) => type === 'cgroup' && options.split(',').includes('devices'))

// No device has the numbers 4000 and 4001; opening one that is allowed fails, but not with EPERM.
const REQUESTS = ['c', 'b'].flatMap((kind) =>
  [1, 5, 4000, 4001].flatMap((major) => [3, 0, 9].map((minor) => ({ kind: kind as 'c' | 'b', major, minor }))),
)

const CASES: readonly (readonly [name: string, rules: readonly LinuxDeviceCgroup[] | undefined])[] = [
  ['absent', undefined],
  ['empty', []],
  ['deny all', [{ allow: false, access: 'rwm' }]],
  [
    'deny all, then allow some',
    [
      { allow: false },
      { allow: true, type: 'c', major: 4000, access: 'r' },
      { allow: true, type: 'b', major: 4001, minor: 9, access: 'rw' },
    ],
  ],
  [
    'allow all, then deny some',
    [{ allow: true }, { allow: false, type: 'b', major: 4000 }, { allow: false, type: 'b', minor: 9, access: 'w' }],
  ],
  [
    'letters from two rules',
    [
      { allow: true, type: 'c', major: 4000, access: 'r' },
      { allow: true, type: 'c', minor: 9, access: 'w' },
    ],
  ],
]
const HOLE: readonly LinuxDeviceCgroup[] = [
  { allow: true, type: 'c', major: 4000 },
  { allow: false, type: 'c', major: 4000, minor: 9, access: 'w' },
]

describeIf('device rules on this kernel', [needsRoot], () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'teu-devices-'))
    const source = join(import.meta.dirname, 'device-probe.c')
    const built = spawnSync('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', join(directory, 'probe'), source], { encoding: 'utf8' })
    expect(built.stderr).toBe('')
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  /** What the kernel lets a process in a fresh cgroup do, with its rules put there by `prepare`. */
  function observe(mount: string, prepare: (cgroup: string) => readonly string[]): string[] {
    const cgroup = join(mount, `teu-test-${process.pid}`)
    mkdirSync(cgroup)
    try {
      const input = REQUESTS.map(({ kind, major, minor }) => `${kind} ${major} ${minor}\n`).join('')
      const options = { input, cwd: mkdtempSync(join(directory, 'nodes-')), encoding: 'utf8' } as const
      const { status, stdout, stderr } = spawnSync(join(directory, 'probe'), [cgroup, ...prepare(cgroup)], options)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      return stdout
        .split('\n')
        .slice(0, REQUESTS.length)
        .map((line) => line.trim())
    } finally {
      rmdirSync(cgroup)
    }
  }

  function expected(rules: readonly LinuxDeviceCgroup[]): string[] {
    return REQUESTS.map((request) => ['r', 'w', 'rw', 'm'].filter((access) => modelAllows(rules, { ...request, access })).join(' '))
  }

  function rulesFor(devices: readonly LinuxDeviceCgroup[] | undefined): readonly LinuxDeviceCgroup[] {
    return deviceRulesFor({ ociVersion: '1.2.0', root: { path: 'rootfs' }, linux: { resources: { devices } } })
  }

  it.skipIf(v2 === undefined).each([...CASES, ['a rule inside a wider one', HOLE] as const])('%s (needs cgroup v2)', (_, devices) => {
    const rules = rulesFor(devices)
    const program = join(directory, 'program.bpf')
    writeFileSync(program, compileDeviceProgram(rules))
    expect(observe(v2 as string, () => [program])).toEqual(expected(rules))
  })

  it.skipIf(v2 === undefined)('takes a program of thousands of rules (needs cgroup v2)', () => {
    const many = Array.from(
      { length: 4096 },
      (_, minor): LinuxDeviceCgroup => ({ allow: true, type: 'b', major: 4000, minor, access: 'rw' }),
    )
    const rules = rulesFor(many)
    const program = join(directory, 'program.bpf')
    writeFileSync(program, compileDeviceProgram(rules))
    expect(observe(v2 as string, () => [program])).toEqual(expected(rules))
  })

  it.skipIf(v1 === undefined).each(CASES)('%s (needs cgroup v1)', (_, devices) => {
    const rules = rulesFor(devices)
    const prepare = (cgroup: string): string[] => {
      for (const { file, value } of v1DeviceWrites(rules)) writeFileSync(join(cgroup, file), value)
      return []
    }
    expect(observe(v1 as string, prepare)).toEqual(expected(rules))
  })
})
