/** What a config says must arrive as it was said: every bit, every byte, every key. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { parseJson } from '../json.ts'
import { type Place, pointerOf } from '../place.ts'
import type { Spec } from '../types/spec.ts'
import { parseSpec, validateResources, validateSpec } from '../validate.ts'

const FULL = readFileSync(new URL('../../test/full-config.json', import.meta.url), 'utf8')

type Tree = Record<string | number, unknown>

/** A config with these texts in place of `"uid":1000` and so on; text, so that numbers are written as the case says. */
function specText(parts: { user?: string; rlimit?: string; linux?: string; resources?: string }): string {
  const { user = '"uid":0,"gid":0', rlimit = '1', linux = '', resources = '' } = parts
  return `{"ociVersion":"1.3.0","root":{"path":"r"},"process":{"args":["a"],"cwd":"/","user":{${user}},
    "rlimits":[{"type":"RLIMIT_CORE","soft":0,"hard":${rlimit}}]},"linux":{"resources":{${resources}}${linux}}}`
}

/** The refusal of a config, always one with the right code; undefined when it is accepted. */
function refusal(validate: () => unknown): TeuError | undefined {
  try {
    validate()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ name: 'TeuError', code: 'ERR_TEU_CONFIG_INVALID' })
    return error as TeuError
  }
}

describe('user and group ids', () => {
  const cases: [string, number | undefined][] = [
    ['0', 0],
    ['1e3', 1000],
    ['1000.0', 1000],
    ['2147483647', 2147483647],
    ['2147483648', 2147483648],
    ['4294967294', 4294967294],
    ...[
      '4294967295',
      '4294967296',
      '9007199254740992',
      '9007199254740993',
      '18446744073709551616',
      '-1',
      '1.5',
      '"1000"',
      'null',
      '""',
      'true',
      '[0]',
    ].map((text): [string, undefined] => [text, undefined]),
  ]
  it.each(cases)('%s is %s', (text, id) => {
    const uid = refusal(() => expect(parseSpec(specText({ user: `"uid":${text},"gid":0` })).process?.user.uid).toBe(id))
    const gid = refusal(() => expect(parseSpec(specText({ user: `"gid":${text},"uid":0` })).process?.user.gid).toBe(id))
    const group = refusal(() => parseSpec(specText({ user: `"gid":0,"uid":0,"additionalGids":[${text}]` })))
    const pointers = [uid, gid, group].map((error) => error?.pointer)
    expect(pointers).toEqual(
      id === undefined ? ['/process/user/uid', '/process/user/gid', '/process/user/additionalGids/0'] : [undefined, undefined, undefined],
    )
  })
})

describe('exact integers', () => {
  it.each<[string, (spec: Spec) => unknown, string, bigint]>([
    ['rlimit', (spec) => spec.process?.rlimits?.[0]?.hard, '18446744073709551615', 18446744073709551615n],
    ['rlimit', (spec) => spec.process?.rlimits?.[0]?.hard, '1.8446744073709551615e19', 18446744073709551615n],
    ['memory', (spec) => spec.linux?.resources?.memory?.limit, '9223372036854775807', 9223372036854775807n],
    ['memory', (spec) => spec.linux?.resources?.memory?.limit, '9007199254740993.0', 9007199254740993n],
    ['quota', (spec) => spec.linux?.resources?.cpu?.quota, '9223372036854775807', 9223372036854775807n],
    ['value', (spec) => spec.linux?.seccomp?.syscalls?.[0]?.args?.[0]?.value, '9007199254740993', 9007199254740993n],
    ['rate', (spec) => spec.linux?.resources?.blockIO?.throttleReadBpsDevice?.[0]?.rate, '9223372036854775807', 9223372036854775807n],
  ])('%s keeps every bit (case %#)', (field, read, text, value) => {
    const is = (name: string, other = '1') => (name === field ? text : other)
    const spec = parseSpec(
      specText({
        rlimit: is('rlimit'),
        resources: `"memory":{"limit":${is('memory')}},"cpu":{"quota":${is('quota', '-1')},"period":1e5},
          "blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":${is('rate')}}]}`,
        linux: `,"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO",
          "args":[{"index":0,"op":"SCMP_CMP_EQ","value":${is('value')}}]}]}`,
      }),
    )
    expect(read(spec)).toBe(value)
    expect(spec.linux?.resources?.cpu?.period).toBe(100000)
  })

  it.each(['18446744073709551616', '-1', '0.5', '1e20', '18446744073709551615e1'])('rlimit %s is refused', (text) => {
    expect(refusal(() => parseSpec(specText({ rlimit: text })))?.pointer).toBe('/process/rlimits/0/hard')
  })

  it('refuses numbers of the language that may have been rounded', () => {
    expect(refusal(() => validateResources({ memory: { limit: 2 ** 53 } }))?.message).toContain('9007199254740992, which is not exact')
    expect(refusal(() => validateResources({ memory: { limit: Number.NaN } }))).toBeDefined()
    expect(refusal(() => validateResources({ memory: { limit: Infinity } }))).toBeDefined()
  })
})

describe('keys that mean something to the language', () => {
  const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '0', '1000']

  it('are data where keys are data, and ignored where they are not', () => {
    for (let round = 0; round < 1000; round += 1) {
      const key = KEYS[round % KEYS.length] as string
      const spec = parseSpec(
        `{"ociVersion":"1.0.0","root":{"path":"r","${key}":{"readonly":true}},"${key}":{"hostname":"h"},
          "annotations":{"${key}":"v"},"hooks":{"${key}":[{"path":"/x"}]},"linux":{"${key}":{"cgroupsPath":"/x"}}}`,
      )
      expect(Object.entries(spec.annotations ?? {})).toEqual([[key, 'v']])
      expect(Object.hasOwn(spec.root, 'readonly')).toBe(false)
    }
    expect(({} as Tree).readonly).toBeUndefined()
  })

  it.each(KEYS)('%s is no sysctl and no cgroup file', (key) => {
    const linux = parseJson(`{"sysctl":{"${key}":"1"}}`)
    expect(refusal(() => validateSpec({ ociVersion: '1.0.0', root: { path: 'r' }, linux }))).toBeDefined()
    expect(refusal(() => validateResources(parseJson(`{"unified":{"${key}":"1"}}`)))).toBeDefined()
  })

  it('never reads what an object inherits', () => {
    const inherited = Object.create({ path: 'r' }) as object
    expect(refusal(() => validateSpec({ ociVersion: '1.0.0', root: inherited }))?.pointer).toBe('/root')
    Reflect.defineProperty(Object.prototype, 'hostname', { value: 'x', configurable: true })
    Reflect.defineProperty(Object.prototype, 'swap', { value: 1, configurable: true })
    try {
      expect(refusal(() => validateSpec(parseSpec(specText({ resources: '"memory":{}' }))))).toBeUndefined()
    } finally {
      Reflect.deleteProperty(Object.prototype, 'hostname')
      Reflect.deleteProperty(Object.prototype, 'swap')
    }
  })

  it('takes objects without a prototype', () => {
    const bare = (value: object) => Object.assign(Object.create(null) as object, value)
    expect(refusal(() => validateSpec(bare({ ociVersion: '1.0.0', root: bare({ path: 'r' }) })))).toBeUndefined()
  })
})

describe('duplicate and case-folded keys', () => {
  it.each(['"noNewPrivileges":true,"noNewPrivileges":false', '"args":["b"]', '"user":{"uid":0,"uid":1,"gid":0}'])(
    '%s is refused',
    (text) => {
      expect(refusal(() => parseSpec(specText({}).replace('"args"', `${text},"args"`)))?.message).toContain('duplicate key')
    },
  )

  it('a key in another case is unknown and ignored', () => {
    expect(parseSpec('{"ociVersion":"1.0.0","root":{"path":"r","ReadOnly":"yes"},"Hooks":5}').root).toEqual({ path: 'r', ReadOnly: 'yes' })
  })
})

describe('strings that do not survive the way to C', () => {
  /** Every place of a string value, and of a key that is data, in a config with all properties. */
  function places(value: unknown, place: Place | undefined, found: { place: Place; isKey: boolean }[]): typeof found {
    if (typeof value === 'string' && place !== undefined) found.push({ place, isKey: false })
    if (typeof value !== 'object' || value === null) return found
    const isMap = /\/(annotations|sysctl|unified|rdma|netDevices)$/.test(pointerOf(place))
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      const below: Place = { up: place, key }
      if (isMap) found.push({ place: below, isKey: true })
      places((value as Tree)[key], below, found)
    }
    return found
  }

  const all = places(parseSpec(FULL), undefined, [])

  it.each([
    ['a NUL character', '\0'],
    ['half a surrogate pair', '\ud800'],
  ])('%s is refused in every string and every key', (_name, bad) => {
    let tried = 0
    for (const { place, isKey } of all) {
      const spec = parseSpec(FULL) as unknown as Tree
      const keys = pointerOf(place)
        .split('/')
        .slice(1)
        .map((key) => key.replaceAll('~1', '/'))
      const last = keys.pop() as string
      let parent = spec
      for (const key of keys) parent = parent[key] as Tree
      const name = isKey ? `${last}${bad}` : last
      parent[name] = isKey ? parent[last] : `${String(parent[last])}${bad}`
      const expected = pointerOf({ up: place.up, key: name })
      const error = refusal(() => validateSpec(spec))
      const pointers = [error, ...(error?.suppressed ?? [])].map((one) => (one as TeuError | undefined)?.pointer)
      expect(pointers, `${expected} is refused`).toContain(expected)
      tried += 1
    }
    expect(tried).toBeGreaterThan(120)
  })
})

describe('long strings', () => {
  it.each([65530, 65535, 65536, 65545, 131071, 131073, 1 << 20])('of %i bytes stay whole', (length) => {
    const long = `/${'x'.repeat(length - 1)}`
    const spec = { ociVersion: '1.0.0', root: { path: long }, mounts: [{ destination: '/d', source: long, options: [long] }] }
    expect(validateSpec(spec)).toBe(spec)
    expect(refusal(() => validateSpec({ ...spec, hostname: long }))?.message.length).toBeLessThan(200)
  })
})

describe('large input', () => {
  it('is judged in time that grows with its size only', () => {
    const many = <T>(make: (i: number) => T) => Array.from({ length: 100_000 }, (_, i) => make(i))
    const start = performance.now()
    refusal(() =>
      validateSpec({
        ociVersion: '1.0.0',
        root: { path: 'r' },
        process: {
          cwd: '/',
          args: many(String),
          env: many((i) => `A=${i}`),
          capabilities: { bounding: many(() => 'CAP_X'), ambient: many(() => 'CAP_X') },
        },
        linux: {
          namespaces: many(() => ({ type: 'pid' })),
          uidMappings: many((i) => ({ containerID: i, hostID: i, size: 1 })),
          resources: {
            hugepageLimits: many((i) => ({ pageSize: `${i + 1}KB`, limit: 0 })),
            devices: many(() => ({ allow: true, access: 'r'.repeat(50) })),
          },
        },
      }),
    )
    expect(performance.now() - start).toBeLessThan(15000)
  })
})
