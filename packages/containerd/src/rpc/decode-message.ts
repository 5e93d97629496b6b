/** Reading messages of daemons that are not trusted. */

import { type DescField, type DescMessage, fromBinary, type MessageShape, ScalarType } from '@bufbuild/protobuf'

/** Below this a message cannot take long. */
const HARMLESS_BYTES = 256 * 1024
/** A list of 10 000 containers has about a quarter of them. */
const MOST_FIELDS = 512 * 1024
/** As deep as the library reads. */
const MOST_DEPTH = 100

const [VARINT, FIXED_64, BYTES, START_GROUP, END_GROUP, FIXED_32] = [0, 1, 2, 3, 4, 5]

/** As `fromBinary()`, but for messages with more than 512 Ki fields: what matters to time and memory is their number. One of the 16 MiB that
 *  a message may have, of nothing but empty messages, takes five seconds, in which nothing else happens, and gigabytes. The numbers of a
 *  packed field count as fields do.
 *  @throws {RangeError} when it has too many fields
 *  @throws {Error} when it is no such message */
export function decodeMessage<S extends DescMessage>(schema: S, bytes: Uint8Array): MessageShape<S> {
  if (bytes.length > HARMLESS_BYTES) checkFields(schema, bytes)
  return fromBinary(schema, bytes)
}

/** @see protobuf.dev/programming-guides/encoding */
function checkFields(schema: DescMessage, bytes: Uint8Array): void {
  let at = 0
  let count = 0

  /** What is longer than 32 bits is cut off: lengths and numbers of fields are not. */
  const varint = (): number => {
    let value = 0
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++] as number
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return value >>> 0
  }

  const add = (more: number): void => {
    count += more
    if (count > MOST_FIELDS) throw new RangeError(`a message of the daemon has more than ${MOST_FIELDS} fields`)
  }

  const fields = (shape: Shape, end: number, depth: number): void => {
    while (at < end) {
      const tag = varint()
      add(1)
      const type = tag & 7
      if (type === VARINT) varint()
      else if (type === FIXED_64) at += 8
      else if (type === FIXED_32) at += 4
      else if (type === BYTES) {
        const length = varint()
        const fieldEnd = Math.min(at + length, end)
        const inside = shape.get(tag >>> 3)
        // As many as there can be: each has a byte at least.
        if (inside === NUMBERS) add(Math.max(0, fieldEnd - at))
        else if (inside !== undefined && depth < MOST_DEPTH) fields(inside(), fieldEnd, depth + 1)
        at = fieldEnd
      } else if (type !== START_GROUP && type !== END_GROUP) return // no message; the library says how
    }
  }

  fields(shapeOf(schema), bytes.length, 0)
}

/** Marks a list of numbers, which may be packed into one field. */
const NUMBERS = 'numbers'

/** The fields of a message that have others inside: lists of numbers, and messages with what is in those. */
type Shape = ReadonlyMap<number, typeof NUMBERS | (() => Shape)>

const known = new WeakMap<DescMessage, Shape>()

function shapeOf(message: DescMessage): Shape {
  let shape = known.get(message)
  if (shape === undefined) {
    shape = new Map(
      message.fields.flatMap((field): [number, typeof NUMBERS | (() => Shape)][] => {
        if (isNumbers(field)) return [[field.number, NUMBERS]]
        const { message: nested } = field
        if (nested === undefined) return []
        const inner = (): Shape => shapeOf(nested)
        // An entry of a map is a message of its own: 1 is the key, 2 the value.
        return [[field.number, field.fieldKind === 'map' ? () => new Map([[2, inner]]) : inner]]
      }),
    )
    known.set(message, shape)
  }
  return shape
}

function isNumbers(field: DescField): boolean {
  if (field.fieldKind !== 'list') return false
  return (
    field.listKind === 'enum' || (field.listKind === 'scalar' && field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES)
  )
}
