/** Requests to teu-init as bytes. */

import { TeuError } from '@teu/spec'
import { RequestWriter, UnencodableError } from './request-writer.ts'
import { STEPS_SCHEMA } from './schema.gen.ts'
import { CONTROLS, MAX_PLAN_BYTES, MAX_STEPS, type Plan, REQUESTS, STAGES, type Step } from './steps.ts'
import { PIPE_READS, REQUEST_MAGIC, REQUEST_SPARE, REQUEST_TRACE } from './wire.ts'
import { writeStep } from './write-step.ts'

/** Most plans of a container fit, so that the buffer is allocated once. */
const USUAL_PLAN_BYTES = 32 * 1024

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
  const flags = (trace ? REQUEST_TRACE : 0) | (suitsSpare(plan) ? REQUEST_SPARE : 0)
  const writer = begin(REQUESTS.plan, tag, flags, USUAL_PLAN_BYTES)
  const count = plan.parent.length + plan.joiner.length + plan.container.length + plan.after.length
  if (count > MAX_STEPS) throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot run a plan of ${count} steps: ${MAX_STEPS} is the limit`)
  writer.u32(count)
  let index = writeSteps(writer, plan.parent, STAGES.parent, 0)
  index = writeSteps(writer, plan.joiner, STAGES.joiner, index)
  index = writeSteps(writer, plan.container, STAGES.container, index)
  writeSteps(writer, plan.after, STAGES.after, index)
  return end(writer)
}

/** Whether a process that has a network namespace ready can run the plan: it wants such a namespace, and not in a user namespace of its own. */
function suitsSpare({ parent, joiner }: Plan): boolean {
  const CLONE_NEWUSER = 0x1000_0000
  const CLONE_NEWNET = 0x4000_0000
  const flags = parent.find((step) => step.op === 'clone')?.flags ?? 0
  return joiner.length === 0 && (flags & (CLONE_NEWNET | CLONE_NEWUSER)) === CLONE_NEWNET
}

/** Whether a spare may run this encoded plan. */
export function isForSpare(request: Uint8Array): boolean {
  const FLAGS_OFFSET = 14
  return ((request[FLAGS_OFFSET] ?? 0) & REQUEST_SPARE) !== 0
}

/** Encodes the request to keep a process with a network namespace ready for the next plan that suits it.
 *  @param keepMs  after this time without use it goes; 0: at once */
export function encodeSpareRequest(keepMs: number): Uint8Array {
  const writer = begin(REQUESTS.spare, 0, 0, 24)
  writer.u32(keepMs)
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
    if (error instanceof UnencodableError) error.message = `the path of a pipe: ${error.message}`
    throw explain(error)
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
  if (writer.at > MAX_PLAN_BYTES) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot run a plan of ${writer.at} bytes: ${MAX_PLAN_BYTES} is the limit`)
  }
  writer.view.setUint32(0, writer.at, true)
  return writer.finish()
}

/** The number of the step that comes next. */
function writeSteps(writer: RequestWriter, steps: readonly Step[], stage: number, first: number): number {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step
    try {
      writeStep(writer, step, stage, first + i)
    } catch (error) {
      throw explain(error, step.pointer)
    }
  }
  return first + steps.length
}

function explain(error: unknown, pointer?: string): unknown {
  if (!(error instanceof UnencodableError)) return error
  return new TeuError('ERR_TEU_CONFIG_INVALID', `Cannot pass on ${error.message}`, { pointer, cause: error })
}
