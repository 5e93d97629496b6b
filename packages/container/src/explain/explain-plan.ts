/** A plan for people and for programs, before anything of it has happened. Pure. */

import type { Plan, Stage, Step } from '@teu/init'
import { StepTeller } from './describe-step.ts'
import { environmentEntry, textOf } from './printable.ts'

export interface ExplainPlanOptions {
  /** Default `text`. */
  format?: 'text' | 'json'
  /** Show the values of environment variables, which may be secrets. Default false. */
  showEnv?: boolean
}

const STAGES: readonly (readonly [stage: Stage, heading: string])[] = [
  ['parent', 'Beside the container: on the host, as the caller'],
  ['joiner', 'On the way in: joins what exists'],
  ['container', 'In the container: the process that becomes the program'],
  ['after', 'Afterwards'],
]
/** Longer content is shown by length and hash. */
const MAX_TEXT_BYTES = 4096

/** Tells what a plan does, step by step, with system calls and the places in config.json that asked for it. Numbers count over all
 *  stages, as failures and traces do.
 *  @returns text with a line end after each step, or one JSON document */
export function explainPlan(plan: Plan, options: ExplainPlanOptions = {}): string {
  const { format = 'text', showEnv = false } = options
  return format === 'json' ? `${JSON.stringify(explainedStages(plan, showEnv), undefined, 2)}\n` : explainText(plan, showEnv)
}

function explainText(plan: Plan, showEnv: boolean): string {
  const teller = new StepTeller({ showEnv })
  const width = String(Math.max(0, countSteps(plan) - 1)).length
  let index = 0
  const lines: string[] = []
  for (const [stage, heading] of STAGES) {
    if (plan[stage].length === 0) continue
    lines.push(`${lines.length === 0 ? '' : '\n'}${heading}`)
    for (const step of plan[stage]) {
      const { text, calls } = teller.describe(step)
      const details = [calls.length === 0 ? '' : `[${calls.join(' ')}]`, step.pointer ?? ''].filter((part) => part !== '')
      lines.push(`  ${String(index++).padStart(width)}  ${[text, ...details].join('  ')}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** One step in the JSON form: its index and words, then its own fields. */
interface ExplainedStep {
  readonly index: number
  readonly op: string
  readonly text: string
  readonly systemCalls: readonly string[]
  readonly pointer?: string
  readonly fields: Readonly<Record<string, unknown>>
}

function explainedStages(plan: Plan, showEnv: boolean): Record<Stage, ExplainedStep[]> {
  const teller = new StepTeller({ showEnv })
  let index = 0
  const explain = (step: Step): ExplainedStep => {
    const { op, pointer, ...fields } = step
    const { text, calls } = teller.describe(step)
    return {
      index: index++,
      op,
      text,
      systemCalls: calls,
      ...(pointer !== undefined && { pointer }),
      fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fieldValue(name, value, showEnv)])),
    }
  }
  return {
    parent: plan.parent.map(explain),
    joiner: plan.joiner.map(explain),
    container: plan.container.map(explain),
    after: plan.after.map(explain),
  }
}

/** JSON has neither bytes nor 64-bit integers: text or size and hash, and decimal strings. */
function fieldValue(name: string, value: unknown, showEnv: boolean): unknown {
  if (typeof value === 'bigint') return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
  if (name === 'env') return (value as readonly string[]).map((entry) => environmentEntry(entry, showEnv))
  if (!(value instanceof Uint8Array)) return value
  const text = value.length <= MAX_TEXT_BYTES ? textOf(value) : undefined
  if (text !== undefined) return { length: value.length, text }
  return { length: value.length, sha256: process.getBuiltinModule('node:crypto').createHash('sha256').update(value).digest('hex') }
}

function countSteps(plan: Plan): number {
  return STAGES.reduce((sum, [stage]) => sum + plan[stage].length, 0)
}
