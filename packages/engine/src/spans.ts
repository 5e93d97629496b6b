/** Collects the step timings of one container from the diagnostics channel. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { STEP_CHANNEL, type StepSpan } from '@teu/container'

export interface SpanCollector {
  /** The spans so far, in the order of their beginning. */
  take(): readonly StepSpan[]
  stop(): void
}

/** Listens until `stop` is called. Subscribing is what makes teu-init measure. */
export function collectSpans(containerId: string): SpanCollector {
  const spans: StepSpan[] = []
  const listener = (message: unknown): void => {
    const span = message as StepSpan
    if (span.containerId === containerId) spans.push(span)
  }
  subscribe(STEP_CHANNEL, listener)
  return {
    take: () => spans.sort((a, b) => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : a.index - b.index)),
    stop: () => void unsubscribe(STEP_CHANNEL, listener),
  }
}
