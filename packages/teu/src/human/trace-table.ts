/** `--trace`: where the time of a start went. */

import type { StepSpan } from '@teu/container'
import { printable } from '../cli/table.ts'
import type { Paint } from './paint.ts'

const US = 1000n

/** One line per step: when it began after the first one, how long it took, which stage and operation, and what in the config asked
 *  for it. */
export function traceTable(spans: readonly StepSpan[], paint: Paint): string {
  const [first] = spans
  if (first === undefined) return ''
  const lines = spans.map(({ startNs, endNs, stage, op, pointer = '' }) => {
    const at = microseconds(startNs - first.startNs)
    const took = microseconds(endNs - startNs)
    return `${at.padStart(9)} ${paint.bold(took.padStart(9))}  ${stage.padEnd(9)}  ${op.padEnd(16)}  ${paint.dim(printable(pointer))}`.trimEnd()
  })
  const end = spans.reduce((latest, { endNs }) => (endNs > latest ? endNs : latest), first.endNs)
  const head = paint.dim(`${'at µs'.padStart(9)} ${'took µs'.padStart(9)}  ${'stage'.padEnd(9)}  ${'step'.padEnd(16)}  asked for by`)
  return `${head}\n${lines.join('\n')}\n${microseconds(end - first.startNs).padStart(9)} µs in ${spans.length} steps\n`
}

function microseconds(ns: bigint): string {
  return `${ns / US}.${(ns % US) / 100n}`
}
