import type { LinuxDeviceCgroup } from '@teu/spec'
import { isTeuError } from '@teu/spec'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelAllows, V1DeviceCgroup } from '../../test/devices/device-model.ts'
import { type DeviceRequest, runDeviceProgram } from '../../test/devices/ebpf-machine.ts'
import { compileDeviceProgram } from './compile.ts'
import { deviceRulesFor } from './rules-for.ts'
import { v1DeviceWrites } from './v1-writes.ts'

const number = fc.constantFrom(-1, 1, 3, 5)
const rule: fc.Arbitrary<LinuxDeviceCgroup> = fc.record(
  {
    allow: fc.boolean(),
    type: fc.constantFrom<('a' | 'b' | 'c' | '')[]>('a', 'b', 'c', 'c', 'c', ''),
    major: number,
    minor: number,
    access: fc.constantFrom('r', 'w', 'm', 'rw', 'mr', 'wm', 'rwm', 'rwm', ''),
  },
  { requiredKeys: ['allow'] },
)
const rules = fc.array(rule, { maxLength: 9 })

const REQUESTS: readonly DeviceRequest[] = (['c', 'b'] as const).flatMap((kind) =>
  [1, 3, 5, 7].flatMap((major) => [1, 3, 5, 7].flatMap((minor) => ['r', 'w', 'rw', 'm'].map((access) => ({ kind, major, minor, access })))),
)

describe('compileDeviceProgram() and v1DeviceWrites() against the model of device rules', () => {
  it('agree on random rules', () => {
    let onV1 = 0
    const property = fc.property(rules, (rules) => {
      const expected = REQUESTS.map((request) => modelAllows(rules, request))
      const program = compileDeviceProgram(rules)
      expect(REQUESTS.map((request) => runDeviceProgram(program, request))).toEqual(expected)
      const cgroup = new V1DeviceCgroup()
      try {
        for (const write of v1DeviceWrites(rules)) cgroup.write(write)
      } catch (error) {
        if (isTeuError(error, 'ERR_TEU_UNSUPPORTED')) return
        throw error
      }
      onV1++
      expect(REQUESTS.map((request) => cgroup.allows(request))).toEqual(expected)
    })
    fc.assert(property, { seed: 20261123, numRuns: 800 })
    expect(onV1).toBeGreaterThan(250)
  })

  it('refuse on cgroup v1 only what its lists cannot hold', () => {
    // Without a rule inside a wider one of the other kind nothing is refused.
    const exact = rule.filter(({ major = -1, minor = -1, type }) => major !== -1 && minor !== -1 && (type === 'b' || type === 'c'))
    const property = fc.property(fc.array(exact, { maxLength: 12 }), fc.boolean(), (rules, allow) => {
      expect(() => v1DeviceWrites([{ allow }, ...rules])).not.toThrow()
    })
    fc.assert(property, { seed: 20261123, numRuns: 300 })
  })

  it('write no line on cgroup v1 whose absence would change nothing', () => {
    const property = fc.property(rules, (rules) => {
      let writes: ReturnType<typeof v1DeviceWrites>
      try {
        writes = v1DeviceWrites(rules)
      } catch {
        return
      }
      for (const [i, left] of writes.entries()) {
        if (i === 0) continue
        const [whole, part] = [new V1DeviceCgroup(), new V1DeviceCgroup()]
        for (const write of writes) {
          whole.write(write)
          if (write !== left) part.write(write)
        }
        expect(REQUESTS.some((request) => whole.allows(request) !== part.allows(request))).toBe(true)
      }
    })
    fc.assert(property, { seed: 20261123, numRuns: 800 })
  })

  it('agree on what a container gets', () => {
    const config = { ociVersion: '1.2.0', root: { path: 'rootfs' } }
    const property = fc.property(rules, (devices) => {
      const all = deviceRulesFor({ ...config, linux: { resources: { devices } } })
      const program = compileDeviceProgram(all)
      for (const request of REQUESTS) expect(runDeviceProgram(program, request)).toBe(modelAllows(all, request))
    })
    fc.assert(property, { seed: 20261123, numRuns: 200 })
  })
})
