/** Requests to teu-init as bytes; `protocol.md` describes them. */

import { STEPS_SCHEMA } from './schema.gen.ts'
import { CONTROLS, type FieldType, MAX_PLAN_BYTES, type Plan, REQUESTS, STAGES, type Stage, STEPS, type Step } from './steps.ts'

const MAGIC = 0x31554554
const FLAG_TRACE = 1
const PIPE_READS = 1
const HEADER_BYTES = 20
const MAX_U64 = 2n ** 64n - 1n

/** Encodes a plan.
 *  @param options.tag  number that every frame of this plan carries
 *  @param options.trace  ask for the time of each step
 *  @throws {RangeError} for a string with a NUL, a number that does not fit its field, or a plan over 16 MiB */
export function encodePlan(plan: Plan, options: { readonly tag: number; readonly trace?: boolean }): Uint8Array {
  const writer = new Writer()
  const stages = Object.keys(STAGES) as Stage[]
  writer.skip(HEADER_BYTES)
  writer.u32(stages.reduce((sum, stage) => sum + plan[stage].length, 0))
  let index = 0
  for (const stage of stages) for (const step of plan[stage]) encodeStep(writer, step, STAGES[stage], index++)
  return finish(writer, REQUESTS.plan, options.trace === true ? FLAG_TRACE : 0, options.tag)
}

/** Asks a spawner for a FIFO at `path` that the next plan with this tag has in `slot`. */
export function encodePipeRequest(request: {
  readonly tag: number
  readonly slot: number
  readonly path: string
  readonly containerReads: boolean
}): Uint8Array {
  const writer = new Writer()
  writer.skip(HEADER_BYTES)
  writer.u32(request.slot)
  writer.u32(request.containerReads ? PIPE_READS : 0)
  writer.str(request.path)
  return finish(writer, REQUESTS.pipe, 0, request.tag)
}

/** Tells something to the parent stage of a running plan. `signal`: a is the number. `resize`: a rows, b columns. */
export function encodeControl(request: {
  readonly tag: number
  readonly what: keyof typeof CONTROLS
  readonly a?: number
  readonly b?: number
}): Uint8Array {
  const writer = new Writer()
  writer.skip(HEADER_BYTES)
  writer.u32(CONTROLS[request.what])
  writer.u32(request.a ?? 0)
  writer.u32(request.b ?? 0)
  return finish(writer, REQUESTS.control, 0, request.tag)
}

function finish(writer: Writer, kind: number, flags: number, tag: number): Uint8Array {
  const bytes = writer.take()
  if (bytes.length > MAX_PLAN_BYTES) throw new RangeError(`a plan may have ${MAX_PLAN_BYTES} bytes, this one has ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  view.setUint32(0, bytes.length, true)
  view.setUint32(4, MAGIC, true)
  view.setUint32(8, STEPS_SCHEMA, true)
  view.setUint16(12, kind, true)
  view.setUint16(14, flags, true)
  view.setUint32(16, tag, true)
  return bytes
}

/** Operation → its number and its fields in wire order, looked up once. */
const LAYOUTS: ReadonlyMap<string, { readonly op: number; readonly fields: readonly (readonly [name: string, type: FieldType])[] }> =
  new Map(Object.entries(STEPS).map(([name, { op, fields }]) => [name, { op, fields: Object.entries(fields) as [string, FieldType][] }]))

function encodeStep(writer: Writer, step: Step, stage: number, index: number): void {
  const layout = LAYOUTS.get(step.op)
  if (layout === undefined) throw new RangeError(`unknown step ${step.op}`)
  const start = writer.position
  writer.skip(4)
  writer.u16(layout.op)
  writer.u16(stage)
  writer.u32(index)
  const values = step as unknown as Readonly<Record<string, never>>
  for (const [name, type] of layout.fields) {
    const value = values[name]
    if (value === undefined) throw new RangeError(`${step.op} has no ${name}`)
    writer[type](value)
  }
  writer.patchU32(start, writer.position - start)
}

/** A buffer that grows. Its methods are named after the field types. */
class Writer {
  #buffer = Buffer.allocUnsafe(16 * 1024)
  position = 0

  /** What has been written. */
  take(): Uint8Array {
    return this.#buffer.subarray(0, this.position)
  }

  skip(size: number): void {
    this.#reserve(size)
    this.position += size
  }

  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32LE(value, at)
  }

  u16(value: number): void {
    this.#reserve(2)
    this.position = this.#buffer.writeUInt16LE(value, this.position)
  }

  u32(value: number): void {
    this.#reserve(4)
    this.position = this.#buffer.writeUInt32LE(value, this.position)
  }

  i32(value: number): void {
    this.#reserve(4)
    this.position = this.#buffer.writeInt32LE(value, this.position)
  }

  slot(value: number): void {
    this.i32(value)
  }

  bool(value: boolean): void {
    this.u32(value ? 1 : 0)
  }

  u64(value: number | bigint): void {
    const exact = typeof value === 'bigint' ? value : BigInt(value)
    if (exact < 0n || exact > MAX_U64) throw new RangeError(`${exact} is no unsigned 64-bit number`)
    this.#reserve(8)
    this.position = this.#buffer.writeBigUInt64LE(exact, this.position)
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length)
    this.#reserve(value.length + 1)
    this.#buffer.set(value, this.position)
    this.position += value.length
    this.#buffer[this.position++] = 0
  }

  str(value: string): void {
    if (value.includes('\0')) throw new RangeError(`a string of a plan must not contain NUL: ${JSON.stringify(value)}`)
    // Three bytes is what a UTF-16 unit can take at most.
    this.#reserve(4 + value.length * 3 + 1)
    const size = this.#buffer.write(value, this.position + 4)
    this.#buffer.writeUInt32LE(size, this.position)
    this.position += 4 + size
    this.#buffer[this.position++] = 0
  }

  strs(values: readonly string[]): void {
    this.u32(values.length)
    for (const value of values) this.str(value)
  }

  u32s(values: readonly number[]): void {
    this.u32(values.length)
    for (const value of values) this.u32(value)
  }

  #reserve(size: number): void {
    const needed = this.position + size
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.position))
    this.#buffer = larger
  }
}
