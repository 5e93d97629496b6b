/** Unmarshals D-Bus values. Pure; everything that is read is checked against the size of the message. */

import { alignmentOf, type DBusType, parseSignature } from './signature.ts'
import type { DBusValue } from './value.ts'

/** Depth of variants in variants at which a message counts as hostile. */
const MAX_DEPTH = 64

/** Reads values one after the other. Offsets, and so alignment, count from the beginning of `bytes`.
 *  All methods throw {RangeError} for bytes that are not what the signature says. */
export class DBusReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #littleEndian: boolean
  #position: number
  #depth = 0

  constructor(bytes: Uint8Array, littleEndian = true, position = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#littleEndian = littleEndian
    this.#position = position
  }

  get position(): number {
    return this.#position
  }

  read(signature: string): DBusValue[] {
    return parseSignature(signature).map((type) => this.#readValue(type))
  }

  align(alignment: number): void {
    this.#take((alignment - (this.#position % alignment)) % alignment)
  }

  #readValue(type: DBusType): DBusValue {
    this.align(alignmentOf(type))
    if (type.kind === 'basic') return this.#readBasic(type.code)
    if (type.kind === 'variant') return this.#readVariant()
    if (type.kind === 'array') return this.#readArray(type.element)
    return type.members.map((member) => this.#readValue(member))
  }

  #readVariant(): DBusValue {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new RangeError('D-Bus variants are nested too deep')
    const signature = this.#readBasic('g') as string
    const [value, ...more] = this.read(signature)
    if (value === undefined || more.length > 0) throw new RangeError(`D-Bus variant of ${JSON.stringify(signature)}`)
    this.#depth -= 1
    return { signature, value }
  }

  #readArray(element: DBusType): DBusValue {
    const size = this.#readBasic('u') as number
    this.align(alignmentOf(element))
    const end = this.#position + size
    if (end > this.#bytes.length) throw new RangeError('D-Bus array is longer than its message')
    if (element.kind === 'basic' && element.code === 'y') return this.#bytes.slice(this.#take(size), end)
    const values: DBusValue[] = []
    while (this.#position < end) values.push(this.#readValue(element))
    if (this.#position !== end) throw new RangeError('D-Bus array ends in the middle of a value')
    return values
  }

  #readBasic(code: string): DBusValue {
    const view = this.#view
    const little = this.#littleEndian
    switch (code) {
      case 'y':
        return view.getUint8(this.#take(1))
      case 'b':
        return view.getUint32(this.#take(4), little) !== 0
      case 'n':
        return view.getInt16(this.#take(2), little)
      case 'q':
        return view.getUint16(this.#take(2), little)
      case 'i':
        return view.getInt32(this.#take(4), little)
      case 'u':
        return view.getUint32(this.#take(4), little)
      case 'x':
        return view.getBigInt64(this.#take(8), little)
      case 't':
        return view.getBigUint64(this.#take(8), little)
      case 'd':
        return view.getFloat64(this.#take(8), little)
      default: {
        const length = code === 'g' ? view.getUint8(this.#take(1)) : view.getUint32(this.#take(4), little)
        const at = this.#take(length + 1)
        return new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes.subarray(at, at + length))
      }
    }
  }

  /** @returns  where the bytes begin */
  #take(size: number): number {
    const at = this.#position
    if (at + size > this.#bytes.length) throw new RangeError('D-Bus message is shorter than its content')
    this.#position = at + size
    return at
  }
}
