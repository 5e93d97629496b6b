/** Requests to teu-init as bytes. */

import { TeuError } from '@teu/spec'
import { RequestWriter, UnencodableError } from './request-writer.ts'
import { STEPS_SCHEMA } from './schema.gen.ts'
import {
  CONTROLS,
  type FieldType,
  MAX_PLAN_BYTES,
  MAX_STEPS,
  NO_SLOT,
  type Plan,
  REQUESTS,
  SLOT_COUNT,
  STAGES,
  type Stage,
  STEPS,
  type Step,
} from './steps.ts'
import { PIPE_READS, REQUEST_MAGIC, REQUEST_TRACE } from './wire.ts'

/** Most plans of a container fit, so that the buffer is allocated once. */
const USUAL_PLAN_BYTES = 32 * 1024

const STAGE_NAMES = Object.keys(STAGES) as Stage[]

/** Operation → its fields in wire order. */
const layouts: ReadonlyMap<string, readonly (readonly [string, FieldType])[]> = new Map(
  Object.entries(STEPS).map(([name, step]) => [name, Object.entries(step.fields) as [string, FieldType][]]),
)

/** The steps of a plan in the order in which teu-init numbers them: parent, joiner, container, after. Pure.
 *  @returns  steps[i] is what a frame means by step `i` */
export function planSteps(plan: Plan): Step[] {
  return [...plan.parent, ...plan.joiner, ...plan.container, ...plan.after]
}

/** Encodes a plan as one request.
 *  @param options.tag  repeated in every frame about this plan, an unsigned 32-bit number
 *  @param options.trace  ask for the times of all steps
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID, with the JSON pointer of the step, when a value cannot be passed on as it is: a string with
 *  NUL or half a surrogate pair, a number out of range, a plan of more than 16 MiB or 65,536 steps */
export function encodePlan(plan: Plan, { tag, trace = false }: { tag: number; trace?: boolean }): Uint8Array {
  const writer = begin(REQUESTS.plan, tag, trace ? REQUEST_TRACE : 0, USUAL_PLAN_BYTES)
  const count = plan.parent.length + plan.joiner.length + plan.container.length + plan.after.length
  if (count > MAX_STEPS) throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot run a plan of ${count} steps: ${MAX_STEPS} is the limit`)
  writer.u32(count)
  let index = 0
  for (const stage of STAGE_NAMES) {
    for (const step of plan[stage]) writeStep(writer, step, STAGES[stage], index++)
  }
  return end(writer)
}

/** Encodes the request for a FIFO that the next plan with this tag finds in `slot`.
 *  @param request.containerReads  true for a standard input
 *  @param request.path  where the FIFO is made; whoever asked for it opens and then unlinks it
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for a path that cannot be passed on */
export function encodePipeRequest(request: { tag: number; slot: number; containerReads: boolean; path: string }): Uint8Array {
  const writer = begin(REQUESTS.pipe, request.tag, 0, 256)
  writer.u32(request.slot)
  writer.u32(request.containerReads ? PIPE_READS : 0)
  try {
    writer.string(request.path)
  } catch (error) {
    throw explain(error, 'the path of a pipe')
  }
  return end(writer)
}

/** Encodes a control request for the plan with this tag: `signal` (a: its number), `resize` (a: rows, b: columns) or `release`. */
export function encodeControl({
  tag,
  what,
  a = 0,
  b = 0,
}: {
  tag: number
  what: keyof typeof CONTROLS
  a?: number
  b?: number
}): Uint8Array {
  const writer = begin(REQUESTS.control, tag, 0, 32)
  writer.u32(CONTROLS[what])
  writer.u32(a)
  writer.u32(b)
  return end(writer)
}

function begin(kind: number, tag: number, flags: number, initialBytes: number): RequestWriter {
  const writer = new RequestWriter(initialBytes)
  writer.u32(0)
  writer.u32(REQUEST_MAGIC)
  writer.u32(STEPS_SCHEMA)
  writer.u16(kind)
  writer.u16(flags)
  writer.u32(tag)
  return writer
}

function end(writer: RequestWriter): Uint8Array {
  if (writer.length > MAX_PLAN_BYTES) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot run a plan of ${writer.length} bytes: ${MAX_PLAN_BYTES} is the limit`)
  }
  writer.patchU32(0, writer.length)
  return writer.finish()
}

function writeStep(writer: RequestWriter, step: Step, stage: number, index: number): void {
  const start = writer.length
  writer.u32(0)
  writer.u16(STEPS[step.op].op)
  writer.u16(stage)
  writer.u32(index)
  let field = ''
  try {
    for (const [name, type] of layouts.get(step.op) ?? []) {
      field = name
      writeField(writer, type, (step as unknown as Record<string, unknown>)[name])
    }
  } catch (error) {
    throw explain(error, `${step.op}.${field}`, step.pointer)
  }
  writer.patchU32(start, writer.length - start)
}

function explain(error: unknown, place: string, pointer?: string): unknown {
  if (!(error instanceof UnencodableError)) return error
  return new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot pass on ${place}: ${error.message}`, { pointer, cause: error })
}

function writeField(writer: RequestWriter, type: FieldType, value: unknown): void {
  switch (type) {
    case 'u32':
      return writer.u32(value as number)
    case 'i32':
      return writer.i32(value as number)
    case 'u64':
      return writer.u64(value as bigint | number)
    case 'bool':
      return writer.u32(value === true ? 1 : 0)
    case 'slot':
      return writer.i32(checkedSlot(value as number))
    case 'str':
      return writer.string(value as string)
    case 'bytes':
      return writer.bytes(value as Uint8Array)
    case 'strs': {
      const list = value as readonly string[]
      writer.u32(list.length)
      for (const item of list) writer.string(item)
      return
    }
    case 'u32s': {
      const list = value as readonly number[]
      writer.u32(list.length)
      for (const item of list) writer.u32(item)
      return
    }
  }
}

function checkedSlot(slot: number): number {
  if (slot >= NO_SLOT && slot < SLOT_COUNT) return slot
  throw new UnencodableError(`expected a slot from 0 to ${SLOT_COUNT - 1}, got ${slot}`)
}
