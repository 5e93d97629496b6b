/** One step of a plan as bytes. */

import { FIELD_TYPES, LAYOUTS } from './layouts.gen.ts'
import { type RequestWriter, UnencodableError } from './request-writer.ts'
import { NO_SLOT, SLOT_COUNT, type Step } from './steps.ts'

const MAX_U32 = 0xffff_ffff
const MAX_U64 = 0xffff_ffff_ffff_ffffn
const HEAD_BYTES = 12

/** Writes head and fields.
 *  @throws {UnencodableError} with the place, `op.field`, in front of what is wrong */
export function writeStep(writer: RequestWriter, step: Step, stage: number, index: number): void {
  const layout = LAYOUTS[step.op]
  const fields = step as unknown as Readonly<Record<string, unknown>>
  const start = writer.at
  writer.ensure(start, HEAD_BYTES)
  writer.view.setUint32(start + 4, layout[0] | (stage << 16), true)
  writer.view.setUint32(start + 8, index, true)
  writer.at = start + HEAD_BYTES
  let field = 1
  try {
    for (; field < layout.length; field += 2) writeField(writer, layout[field + 1] as number, fields[layout[field] as string])
  } catch (error) {
    if (error instanceof UnencodableError) error.message = `${step.op}.${layout[field]}: ${error.message}`
    throw error
  }
  writer.view.setUint32(start, writer.at - start, true)
}

/** Numbers have the room that whatever came before them has made. */
function writeField(writer: RequestWriter, type: number, value: unknown): void {
  const { at } = writer
  switch (type) {
    case FIELD_TYPES.str:
      return writer.string(value as string)
    case FIELD_TYPES.slot:
      if ((value as number) < NO_SLOT || (value as number) >= SLOT_COUNT) {
        throw new UnencodableError(`expected a slot from 0 to ${SLOT_COUNT - 1}, got ${value as number}`)
      }
      return writeI32(writer, value as number)
    case FIELD_TYPES.i32:
      return writeI32(writer, value as number)
    case FIELD_TYPES.u32:
      if ((value as number) >>> 0 !== value) {
        throw new UnencodableError(`expected an integer from 0 to ${MAX_U32}, got ${value as number}`)
      }
      writer.view.setUint32(at, value, true)
      writer.at = at + 4
      return
    case FIELD_TYPES.bool:
      writer.view.setUint32(at, value === true ? 1 : 0, true)
      writer.at = at + 4
      return
    case FIELD_TYPES.u64:
      writeU64(writer.view, at, value as bigint | number)
      writer.at = at + 8
      return
    case FIELD_TYPES.bytes:
      return writeBytes(writer, value as Uint8Array)
    case FIELD_TYPES.strs: {
      const list = value as readonly string[]
      writer.u32(list.length)
      for (let i = 0; i < list.length; i++) writer.string(list[i] as string)
      return
    }
    case FIELD_TYPES.u32s: {
      const list = value as readonly number[]
      writer.u32(list.length)
      for (let i = 0; i < list.length; i++) writer.u32(list[i] as number)
    }
  }
}

function writeI32(writer: RequestWriter, value: number): void {
  if ((value | 0) !== value) throw new UnencodableError(`expected an integer of 32 bits, got ${value}`)
  writer.view.setInt32(writer.at, value, true)
  writer.at += 4
}

/** A number must be a safe integer: a larger one has been rounded already. */
function writeU64(view: DataView, at: number, value: bigint | number): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new UnencodableError(`expected an exact integer, got ${value}`)
  if (value < 0 || value > MAX_U64) throw new UnencodableError(`expected an integer from 0 to ${MAX_U64}, got ${value}`)
  if (typeof value === 'bigint') return view.setBigUint64(at, value, true)
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, value / 2 ** 32, true)
}

/** Length, the bytes, and a NUL that is not counted. */
function writeBytes(writer: RequestWriter, value: Uint8Array): void {
  const { at } = writer
  writer.ensure(at, 4 + value.length + 1)
  writer.view.setUint32(at, value.length, true)
  writer.bytes.set(value, at + 4)
  writer.at = at + 4 + value.length + 1
}
