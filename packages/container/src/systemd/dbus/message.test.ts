import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { socketPaths } from './address.ts'
import { type DBusMessage, decodeMessage, encodeMessage, FIXED_HEADER_BYTES, messageSize } from './message.ts'
import { DBusReader } from './reader.ts'
import { parseSignature } from './signature.ts'
import { type DBusValue, variant } from './value.ts'
import { DBusWriter } from './writer.ts'

const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''))
const BASICS: Readonly<Record<string, fc.Arbitrary<DBusValue>>> = {
  y: fc.integer({ min: 0, max: 255 }),
  b: fc.boolean(),
  n: fc.integer({ min: -0x8000, max: 0x7fff }),
  q: fc.integer({ min: 0, max: 0xffff }),
  i: fc.integer(),
  u: fc.nat({ max: 0xffff_ffff }),
  x: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  t: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  d: fc.double({ noNaN: true }),
  s: text,
  o: text,
  g: fc.constantFrom('', 'a(sv)', 'au'),
}

/** A signature of one type together with a value of it. */
const { typed } = fc.letrec<{ typed: [string, DBusValue]; basic: [string, DBusValue] }>((tie) => ({
  basic: fc
    .constantFrom(...Object.keys(BASICS))
    .chain((code) => (BASICS[code] as fc.Arbitrary<DBusValue>).map((value): [string, DBusValue] => [code, value])),
  typed: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('basic'),
    tie('typed').map(([signature, value]): [string, DBusValue] => ['v', variant(signature, value)]),
    fc
      .tuple(tie('typed'), fc.nat({ max: 3 }))
      .map(([[signature, value], count]): [string, DBusValue] => [
        `a${signature}`,
        signature === 'y' ? Uint8Array.from({ length: count }, () => value as number) : Array.from({ length: count }, () => value),
      ]),
    fc
      .array(tie('typed'), { minLength: 1, maxLength: 3 })
      .map((members): [string, DBusValue] => [`(${members.map(([signature]) => signature).join('')})`, members.map(([, value]) => value)]),
    fc
      .tuple(tie('basic'), tie('typed'))
      .map(([[key, name], [signature, value]]): [string, DBusValue] => [`a{${key}${signature}}`, [[name, value]]]),
  ),
}))

describe('D-Bus values', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(typed, { maxLength: 4 }), (values) => {
        const signature = values.map(([one]) => one).join('')
        fc.pre(signature.length < 200)
        const writer = new DBusWriter()
        writer.write(
          signature,
          values.map(([, value]) => value),
        )
        const reader = new DBusReader(writer.bytes())
        expect(reader.read(signature)).toEqual(values.map(([, value]) => value))
        expect(reader.position).toBe(writer.length)
      }),
      { seed: 4, numRuns: 1000 },
    )
  })

  it('are laid out as the specification says', () => {
    const writer = new DBusWriter()
    writer.write('yua(sv)', [1, 2, [['a', variant('t', 3n)]]])
    expect(Buffer.from(writer.bytes()).toString('hex')).toBe(
      [
        ['01', '000000', '02000000', '18000000'].join(''),
        // A struct begins on 8, and the padding before the first is not counted in the array's size.
        ['00000000', '01000000', '6100', '017400', '00000000000000', '0300000000000000'].join(''),
      ].join(''),
    )
  })

  it('are read in big-endian order too', () => {
    expect(new DBusReader(Uint8Array.of(0, 0, 0, 5, 0, 7), false).read('uq')).toEqual([5, 7])
  })

  it.each<[string, DBusValue]>([
    ['u', -1],
    ['u', 2 ** 32],
    ['u', 1.5],
    ['y', 256],
    ['t', -1n],
    ['t', 2n ** 64n],
    ['x', 2n ** 63n],
    ['t', 5],
    ['s', 'a\0b'],
    ['s', '\ud800'],
    ['s', 5],
  ])('of type %s are refused when they do not fit (%#)', (signature, value) => {
    expect(() => new DBusWriter().write(signature, [value])).toThrow()
  })
})

describe('parseSignature()', () => {
  it.each(['(', ')', '()', 'a', '{sv}', 'a{vs}', 'a{s}', 'a{sss}', 'z', 'h', '(s', 'a'.repeat(66), 'x'.repeat(256)])(
    'refuses %j',
    (signature) => {
      expect(() => parseSignature(signature)).toThrow(RangeError)
    },
  )
})

const MESSAGE: DBusMessage = {
  type: 'call',
  serial: 7,
  path: '/a',
  interface: 'b.c',
  member: 'D',
  destination: 'e.f',
  signature: 'sa{sv}',
  body: ['x', [['k', variant('b', true)]]],
}

describe('messages', () => {
  it('come back as they were, and tell their size from the first bytes', () => {
    const bytes = encodeMessage(MESSAGE)
    expect(decodeMessage(bytes)).toEqual(MESSAGE)
    expect(messageSize(bytes.subarray(0, FIXED_HEADER_BYTES))).toBe(bytes.length)
    expect(decodeMessage(encodeMessage({ type: 'signal', serial: 1, signature: '', body: [] }))).toEqual({
      type: 'signal',
      serial: 1,
      signature: '',
      body: [],
    })
  })

  it('of unknown types are ignored', () => {
    const bytes = encodeMessage(MESSAGE)
    bytes[1] = 9
    expect(decodeMessage(bytes)).toBeUndefined()
  })

  it('larger than any that we ask for are refused before they are read', () => {
    const head = encodeMessage(MESSAGE).slice(0, FIXED_HEADER_BYTES)
    new DataView(head.buffer).setUint32(4, 100 * 1024 * 1024, true)
    expect(() => messageSize(head)).toThrow('D-Bus message of')
  })

  it('that are damaged end in a RangeError or TypeError, never in another way', () => {
    const bytes = encodeMessage(MESSAGE)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const damaged = bytes.slice()
          for (const [at, value] of changes) damaged[at] = value
          try {
            decodeMessage(damaged)
          } catch (error) {
            expect(error instanceof RangeError || error instanceof TypeError).toBe(true)
          }
        },
      ),
      { seed: 5, numRuns: 5000 },
    )
  })
})

describe('socketPaths()', () => {
  it('takes the Unix sockets with a path, in order, and nothing else', () => {
    const address = 'unix:path=/run/a%20b,guid=12;unix:abstract=/x;tcp:host=h,port=1;unix:guid=1,path=/c;unix:runtime=yes'
    expect(socketPaths(address)).toEqual(['/run/a b', '/c'])
    expect(socketPaths('')).toEqual([])
  })
})
