/** Unit properties that the config gives as annotations: `org.systemd.property.NAME` with a value in GVariant text. Pure. */

import { TeuError } from '@teu/spec'
import { type DBusValue, type Variant, variant } from './dbus/value.ts'
import type { UnitProperty } from './manager.ts'

const PREFIX = 'org.systemd.property.'

/** Types that can be written before a number, and their signatures. */
const NUMBERS: Readonly<Record<string, string>> = {
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
  double: 'd',
}
const US_PER_SECOND = 1_000_000n

/** Properties from annotations, for whoever may write the config. Times may be given in seconds (`TimeoutStopSec`): systemd wants microseconds.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID
 *  @see GVariant text format; systemd's D-Bus interface, org.freedesktop.systemd1(5) */
export function annotationProperties(annotations: Readonly<Record<string, string>> = {}): UnitProperty[] {
  return Object.entries(annotations).flatMap(([key, text]): UnitProperty[] => {
    if (!key.startsWith(PREFIX)) return []
    const name = key.slice(PREFIX.length)
    const pointer = `/annotations/${key}`
    if (!/^[A-Za-z]{3,64}$/.test(name)) {
      throw new TeuError('ERR_TEU_CONFIG_INVALID', `annotations: ${JSON.stringify(name)} is not the name of a unit property`, { pointer })
    }
    const value = parseVariant(text.trim())
    if (value === undefined) {
      throw new TeuError('ERR_TEU_CONFIG_INVALID', `annotations: ${JSON.stringify(text)} for ${key} is not a value in GVariant text`, {
        pointer,
      })
    }
    return [inMicroseconds(name, value, text, pointer)]
  })
}

function inMicroseconds(name: string, value: Variant, text: string, pointer: string): UnitProperty {
  if (!name.endsWith('Sec') || name.endsWith('USec')) return [name, value]
  const { value: seconds } = value
  if ((typeof seconds !== 'number' && typeof seconds !== 'bigint') || seconds < 0) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `annotations: expected a number of seconds for ${name}, got ${JSON.stringify(text)}`, {
      pointer,
    })
  }
  const us = typeof seconds === 'bigint' ? seconds * US_PER_SECOND : BigInt(Math.round(seconds * 1e6))
  return [`${name.slice(0, -'Sec'.length)}USec`, variant('t', us)]
}

function parseVariant(text: string): Variant | undefined {
  if (text === 'true' || text === 'false') return variant('b', text === 'true')
  const string = parseString(text)
  if (string !== undefined) return variant('s', string)
  if (text.startsWith('[') && text.endsWith(']')) return parseStrings(text.slice(1, -1))
  const [, type = '', digits] = /^(?:(byte|u?int(?:16|32|64)|double)\s+)?([-+0-9.eExXa-fA-F]+)$/.exec(text) ?? []
  return digits === undefined ? undefined : parseNumber(type, digits)
}

function parseNumber(type: string, digits: string): Variant | undefined {
  const signature = NUMBERS[type] ?? 'i'
  const value = Number(digits)
  if (Number.isNaN(value)) return undefined
  if (signature === 'd') return variant('d', value)
  if (type === '' && digits.includes('.')) return variant('d', value)
  if (!/^[-+]?\d+$|^0[xX][0-9a-fA-F]+$/.test(digits)) return undefined
  const exact = BigInt(digits)
  const bits = { y: 8, n: 16, q: 16, i: 32, u: 32, x: 64, t: 64 }[signature] ?? 32
  const fits = 'nix'.includes(signature) ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact)
  if (fits !== exact) return undefined
  return variant(signature, bits === 64 ? exact : value)
}

function parseString(text: string): string | undefined {
  const [, quote, content = ''] = /^(['"])(.*)\1$/s.exec(text) ?? []
  if (quote === undefined || new RegExp(`(?<!\\\\)(?:\\\\\\\\)*${quote}`).test(content)) return undefined
  return content.replace(/\\(.)/gs, '$1')
}

function parseStrings(list: string): Variant | undefined {
  const items: DBusValue[] = []
  for (const part of list.trim() === '' ? [] : list.split(',')) {
    const item = parseString(part.trim())
    if (item === undefined) return undefined
    items.push(item)
  }
  return variant('as', items)
}
