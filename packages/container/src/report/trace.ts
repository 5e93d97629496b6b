/** Timing of plan steps, for whoever listens on the diagnostics channel `teu:step`. */

import type { Channel } from 'node:diagnostics_channel'
import { type Frame, type Plan, planSteps, type Stage } from '@teu/init'

/** One step that has run. Times are CLOCK_MONOTONIC nanoseconds. */
export interface StepSpan {
  readonly containerId: string
  readonly operation: string
  readonly index: number
  readonly op: string
  readonly stage: Stage
  readonly pointer?: string
  readonly startNs: bigint
  readonly endNs: bigint
}

/** Name of the channel; subscribe before the operation, which asks teu-init for timings only when somebody listens. */
export const STEP_CHANNEL = 'teu:step'

let channel: Channel | undefined

function stepChannel(): Channel {
  channel ??= process.getBuiltinModule('node:diagnostics_channel').channel(STEP_CHANNEL)
  return channel
}

/** True when step timings are worth asking for. */
export function isTraced(): boolean {
  return stepChannel().hasSubscribers
}

/** Publishes the records of one trace frame. */
export function publishSteps(
  context: { readonly containerId: string; readonly operation: string; readonly plan: Plan },
  frame: Extract<Frame, { kind: 'trace' }>,
): void {
  const flat = planSteps(context.plan)
  for (const record of frame.records) {
    const step = flat[record.step]
    if (step === undefined) continue
    const span: StepSpan = {
      containerId: context.containerId,
      operation: context.operation,
      index: record.step,
      op: step.op,
      stage: record.stage,
      ...(step.pointer !== undefined && { pointer: step.pointer }),
      startNs: record.startNs,
      endNs: record.endNs,
    }
    stepChannel().publish(span)
  }
}
