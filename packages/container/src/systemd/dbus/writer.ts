/** Marshals D-Bus values, little-endian. Pure. */

import { alignmentOf, type DBusType, parseSignature } from './signature.ts'
import type { DBusValue, Variant } from './value.ts'

/** Grows as it is written to. Offsets, and so alignment, count from where it began. */
export class DBusWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256)
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What has been written. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  /** Writes the values of a signature.
   *  @throws {RangeError|TypeError} for values that do not fit it */
  write(signature: string, values: readonly DBusValue[]): void {
    const types = parseSignature(signature)
    if (types.length !== values.length) throw new RangeError(`D-Bus signature ${JSON.stringify(signature)} for ${values.length} values`)
    for (const [index, type] of types.entries()) this.#writeValue(type, values[index] as DBusValue)
  }

  /** Fills with zeros up to a multiple of `alignment`. */
  align(alignment: number): void {
    const padding = (alignment - (this.#length % alignment)) % alignment
    this.#reserve(padding).fill(0)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length).set(bytes)
  }

  #writeValue(type: DBusType, value: DBusValue): void {
    this.align(alignmentOf(type))
    switch (type.kind) {
      case 'basic':
        this.#writeBasic(type.code, value)
        break
      case 'variant': {
        const { signature, value: inner } = value as Variant
        this.#writeBasic('g', signature)
        this.write(signature, [inner])
        break
      }
      case 'struct':
        for (const [index, member] of type.members.entries()) this.#writeValue(member, (value as readonly DBusValue[])[index] as DBusValue)
        break
      case 'array':
        this.#writeArray(type.element, value as readonly DBusValue[] | Uint8Array)
    }
  }

  #writeArray(element: DBusType, values: readonly DBusValue[] | Uint8Array): void {
    const sizeAt = this.#length
    this.#number(4, (at) => this.#view.setUint32(at, 0, true))
    this.align(alignmentOf(element))
    const begin = this.#length
    if (values instanceof Uint8Array) this.raw(values)
    else for (const value of values) this.#writeValue(element, value)
    this.#view.setUint32(sizeAt, this.#length - begin, true)
  }

  #writeBasic(code: string, value: DBusValue): void {
    switch (code) {
      case 'y':
        return this.#number(1, (at) => this.#view.setUint8(at, inRange(value, 0, 0xff)))
      case 'b':
        return this.#number(4, (at) => this.#view.setUint32(at, value === true ? 1 : 0, true))
      case 'n':
        return this.#number(2, (at) => this.#view.setInt16(at, inRange(value, -0x8000, 0x7fff), true))
      case 'q':
        return this.#number(2, (at) => this.#view.setUint16(at, inRange(value, 0, 0xffff), true))
      case 'i':
        return this.#number(4, (at) => this.#view.setInt32(at, inRange(value, -0x8000_0000, 0x7fff_ffff), true))
      case 'u':
        return this.#number(4, (at) => this.#view.setUint32(at, inRange(value, 0, 0xffff_ffff), true))
      case 'x':
        return this.#number(8, (at) => this.#view.setBigInt64(at, exact(value, BigInt.asIntN), true))
      case 't':
        return this.#number(8, (at) => this.#view.setBigUint64(at, exact(value, BigInt.asUintN), true))
      case 'd':
        return this.#number(8, (at) => this.#view.setFloat64(at, Number(value), true))
      default:
        this.#writeString(code, value)
    }
  }

  #writeString(code: string, value: DBusValue): void {
    if (typeof value !== 'string' || /\0|\p{Surrogate}/u.test(value)) {
      throw new TypeError('D-Bus strings are whole Unicode text without NUL')
    }
    const bytes = new TextEncoder().encode(value)
    if (code === 'g') this.#number(1, (at) => this.#view.setUint8(at, inRange(bytes.length, 0, 0xff)))
    else this.#number(4, (at) => this.#view.setUint32(at, bytes.length, true))
    this.raw(bytes)
    this.#number(1, (at) => this.#view.setUint8(at, 0))
  }

  #number(size: number, set: (at: number) => void): void {
    const at = this.#length
    this.#reserve(size)
    set(at)
  }

  #reserve(size: number): Uint8Array {
    const needed = this.#length + size
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    const part = this.#bytes.subarray(this.#length, needed)
    this.#length = needed
    return part
  }
}

function inRange(value: DBusValue, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`D-Bus value is not an integer from ${min} to ${max}`)
  }
  return value
}

function exact(value: DBusValue, wrap: (bits: number, value: bigint) => bigint): bigint {
  if (typeof value !== 'bigint' || wrap(64, value) !== value) throw new RangeError('D-Bus value is not a 64-bit integer given as bigint')
  return value
}
