import { describe, expect, it } from 'vitest'
import { HYBRID, host, V2 } from '../../test/support/cgroup-hosts.ts'
import { type CgroupLocation, locateCgroups } from '../cgroup/locate.ts'
import { annotationProperties } from './annotations.ts'
import { variant } from './dbus/value.ts'
import { deviceProperties } from './device-properties.ts'
import { unitProperties } from './driver.ts'
import { busAddress } from './manager.ts'
import type { SystemdUnit } from './unit-name.ts'

function properties(facts = V2, cgroupsPath = 'a.slice:p:x', more: object = {}): Record<string, unknown> {
  const location = locateCgroups({ cgroupsPath, id: 'x', manager: 'systemd', host: host(facts) }) as CgroupLocation & { unit: SystemdUnit }
  const list = unitProperties({ id: 'x', location, pids: [42], resources: { pids: { limit: 5 } }, ...more }, location.unit, 252)
  return Object.fromEntries(list.map(([name, { value }]) => [name, value]))
}

describe('unitProperties()', () => {
  it('delegates a scope in its slice', () => {
    expect(properties()).toEqual({
      Description: 'container x',
      Slice: 'a.slice',
      Delegate: true,
      PIDs: [42],
      CPUAccounting: true,
      MemoryAccounting: true,
      TasksAccounting: true,
      IOAccounting: true,
      DefaultDependencies: false,
      TasksMax: 5n,
    })
  })

  it('places a slice by its name', () => {
    expect(properties(V2, 'a.slice:p:a-b.slice')).toMatchObject({ Wants: ['a.slice'] })
    expect(Object.keys(properties(V2, 'a.slice:p:a-b.slice'))).not.toContain('PIDs')
  })

  it('tells systemd of device rules on v1 only, where it would overwrite them', () => {
    const devices = [{ allow: false, access: 'rwm' }]
    expect(properties(HYBRID, 'a.slice:p:x', { devices })).toMatchObject({
      DevicePolicy: 'strict',
      DeviceAllow: [],
      BlockIOAccounting: true,
    })
    expect(Object.keys(properties(V2, 'a.slice:p:x', { devices }))).not.toContain('DevicePolicy')
  })
})

describe('deviceProperties()', () => {
  it('names devices by number, and ranges by major number', () => {
    const rules = [
      { allow: false },
      { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
      { allow: true, type: 'c', major: 136, access: 'rwm' },
      { allow: true, type: 'b', access: 'm' },
      { allow: true, type: 'a', major: 5, minor: 1 },
    ] as const
    expect(deviceProperties(rules).map(([name, { value }]) => [name, value])).toEqual([
      ['DevicePolicy', 'strict'],
      ['DeviceAllow', []],
      [
        'DeviceAllow',
        [
          ['/dev/char/1:3', 'rw'],
          ['char-136', 'rwm'],
          ['block-*', 'm'],
          ['/dev/char/5:1', 'rwm'],
          ['/dev/block/5:1', 'rwm'],
        ],
      ],
    ])
  })

  it('leaves rules that properties cannot say to the device files', () => {
    const auto = [['DevicePolicy', variant('s', 'auto')]]
    expect(deviceProperties([])).toEqual(auto)
    expect(deviceProperties([{ allow: true }])).toEqual(auto)
    expect(deviceProperties([{ allow: false }, { allow: true, type: 'c' }, { allow: false, type: 'c', major: 1 }])).toEqual(auto)
  })

  it('lets a later rule for everything make the earlier ones void', () => {
    expect(
      deviceProperties([{ allow: true }, { allow: true, type: 'c', major: 1 }, { allow: false, type: 'a', access: 'rwm' }])[2]?.[1].value,
    ).toEqual([])
  })
})

describe('annotationProperties()', () => {
  const one = (text: string, name = 'CollectMode'): unknown => annotationProperties({ [`org.systemd.property.${name}`]: text })[0]

  it('reads GVariant text', () => {
    expect(one("'inactive-or-failed'")).toEqual(['CollectMode', variant('s', 'inactive-or-failed')])
    expect(one('"a\\"b"')).toEqual(['CollectMode', variant('s', 'a"b')])
    expect(one('true')).toEqual(['CollectMode', variant('b', true)])
    expect(one('uint64 18446744073709551615')).toEqual(['CollectMode', variant('t', 18446744073709551615n)])
    expect(one('-5')).toEqual(['CollectMode', variant('i', -5)])
    expect(one('1.5')).toEqual(['CollectMode', variant('d', 1.5)])
    expect(one("['a', 'b']")).toEqual(['CollectMode', variant('as', ['a', 'b'])])
    expect(one('[]')).toEqual(['CollectMode', variant('as', [])])
  })

  it('turns seconds into microseconds', () => {
    expect(one('uint64 2', 'TimeoutStopSec')).toEqual(['TimeoutStopUSec', variant('t', 2_000_000n)])
    expect(one('1.5', 'TimeoutStopSec')).toEqual(['TimeoutStopUSec', variant('t', 1_500_000n)])
    expect(one('uint64 2', 'TimeoutStopUSec')).toEqual(['TimeoutStopUSec', variant('t', 2n)])
  })

  it('leaves other annotations alone', () => {
    expect(annotationProperties({ 'org.systemd.propertyX': '1', a: 'b' })).toEqual([])
    expect(annotationProperties(undefined)).toEqual([])
  })

  it.each(['', 'x', "'a", "'a'b'", 'uint32 -1', 'uint16 65536', 'int32 1.5', '[1', "['a' 'b']", '{}', 'byte 256'])('refuses %j', (text) => {
    expect(() => one(text)).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID', pointer: '/annotations/org.systemd.property.CollectMode' }),
    )
  })

  it.each(['a b', 'Ab', 'A\nB', 'x'.repeat(65), ''])('refuses the name %j', (name) => {
    expect(() => one('1', name)).toThrow('is not the name of a unit property')
  })

  it('refuses seconds that are none', () => {
    expect(() => one("'5'", 'TimeoutStopSec')).toThrow('expected a number of seconds')
  })
})

describe('busAddress()', () => {
  it('prefers the environment, else the usual sockets', () => {
    expect(busAddress(false, {}, 0)).toBe('unix:path=/run/dbus/system_bus_socket')
    expect(busAddress(true, {}, 1000)).toBe('unix:path=/run/user/1000/bus')
    expect(busAddress(true, { XDG_RUNTIME_DIR: '/x' }, 1000)).toBe('unix:path=/x/bus')
    expect(busAddress(true, { XDG_RUNTIME_DIR: '/x', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/y' }, 1000)).toBe('unix:path=/y')
    expect(busAddress(false, { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/z' }, 0)).toBe('unix:path=/z')
  })
})
