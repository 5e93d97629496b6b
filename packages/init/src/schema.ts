/** The identity of the step table: both sides of the wire must have been made from the same one. */

import {
  type FieldType,
  CONTROLS,
  FRAMES,
  MAX_FRAME_BYTES,
  MAX_PLAN_BYTES,
  MAX_STEPS,
  NO_SLOT,
  REQUESTS,
  SLOT_COUNT,
  STAGES,
  STEPS,
  SYSCALLS,
} from './steps.ts'

/** Computes the schema id: FNV-1a (32 bits) of everything that has a number or an order on the wire. Pure. */
export function computeSchema(): number {
  const limits = { MAX_FRAME_BYTES, MAX_PLAN_BYTES, MAX_STEPS, NO_SLOT, SLOT_COUNT }
  const steps: Readonly<Record<string, { op: number; fields: Readonly<Record<string, FieldType>> }>> = STEPS
  const text = JSON.stringify([steps, STAGES, SYSCALLS, FRAMES, REQUESTS, CONTROLS, limits])
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
