/** The three graphs of a container. */

import type { VNode } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { Chart } from './chart.ts'
import { html } from './html.ts'
import type { Row } from './model.ts'
import type { Actions, PageState } from './page-state.ts'
import { chartData, extent, type Samples } from './past.ts'
import { ageText, byteText, countText, percentText, roundByteText, roundPercentText } from './quantities.ts'

const DECIMAL_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000]
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power)

/** Samples may be late. */
const MOST_GAP_INTERVALS = 3.5

const MINUTE_MS = 60_000
const SHORT_SPAN_MS = 2 * MINUTE_MS

interface GraphsProps {
  readonly row: Row
  readonly state: PageState
  readonly actions: Actions
}

/** See the head of this file. */
export function Graphs({ row: { reading }, state, actions }: GraphsProps): VNode {
  const { model, spanMs } = state
  const [, cpu, memory, limit, pids] = reading
  const scheme = useScheme()
  const spans = [...new Set([Math.min(SHORT_SPAN_MS, model.historyMs), model.historyMs])]
  const graph = { state, scheme }
  return html`<section class="graphs" aria-label="Usage">
    <div class="spans" role="group" aria-label="How far back">
      ${spans.map(
        (one) => html`<button key=${one} type="button" aria-pressed=${one === spanMs} onClick=${() => actions.set({ spanMs: one })}>
          ${ageText(one)}
        </button>`,
      )}
    </div>
    <${Graph} ...${graph} kind="cpu" title="CPU" now=${percentText(cpu)} least=${2} steps=${DECIMAL_STEPS} format=${percentText} formatLine=${roundPercentText} />
    <${Graph} ...${graph} kind="memory" title="Memory" now=${byteText(memory)} more=${limit === null ? '' : `of ${byteText(limit)}`}
      least=${2 ** 20} steps=${BINARY_STEPS} format=${byteText} formatLine=${roundByteText} />
    <${Graph} ...${graph} kind="pids" title="PIDs" now=${countText(pids)} least=${4} steps=${DECIMAL_STEPS} format=${countText} formatLine=${countText} />
  </section>`
}

interface GraphProps {
  readonly state: PageState
  readonly scheme: string
  readonly kind: 'cpu' | 'memory' | 'pids'
  readonly title: string
  readonly now: string
  readonly more?: string
  readonly least: number
  readonly steps: number[]
  readonly format: (value: number) => string
  readonly formatLine: (value: number) => string
}

function Graph({
  state: { model, past, spanMs },
  scheme,
  kind,
  title,
  now,
  more = '',
  least,
  steps,
  format,
  formatLine,
}: GraphProps): VNode {
  const to = model.now / 1_000
  const from = (model.now - spanMs) / 1_000
  const count = past?.samples.at.length
  // Drawing costs more than all the rest of the page; the arrow keys alone are no reason for it.
  const data = useMemo(() => dataSince(past?.samples, kind, model.now - spanMs, model.intervalMs), [past, count, model.now, spanMs, kind])
  const range = extent(data[1])
  const summary = `${title} now ${now}${range === undefined ? '' : `, from ${format(range.least)} to ${format(range.most)} in the last ${ageText(spanMs)}`}`
  return html`<figure class="graph">
    <figcaption>
      <span class=${`graph-title k-${kind}`}>${title}</span>
      <span class="at-cursor" aria-hidden="true"></span>
      <span class="graph-now">${now}${more !== '' && html` <span class="more">${more}</span>`}</span>
    </figcaption>
    <${Chart} ...${{ kind, summary, data, from, to, least, steps, format, formatLine, scheme }} />
  </figure>`
}

/** The sample before the first one in sight is where the line comes from. */
function dataSince(
  samples: Samples | undefined,
  kind: GraphProps['kind'],
  since: number,
  intervalMs: number,
): ReturnType<typeof chartData> {
  if (samples === undefined) return [[], []]
  const first = Math.max(0, samples.at.findIndex((time) => time >= since) - 1)
  return chartData(samples.at.slice(first), samples[kind].slice(first), intervalMs * MOST_GAP_INTERVALS)
}

/** Changes when the page changes from light to dark. */
function useScheme(): string {
  const [query] = useState(() => matchMedia('(prefers-color-scheme: dark)'))
  const [isDark, setDark] = useState(query.matches)
  useEffect(() => {
    const change = (): void => setDark(query.matches)
    query.addEventListener('change', change)
    return () => query.removeEventListener('change', change)
  }, [])
  return isDark ? 'dark' : 'light'
}
