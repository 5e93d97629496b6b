/** A graph over time. */

import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { html } from './html.ts'

/** What a graph shows. */
export interface ChartProps {
  /** Of its colours: `cpu`, `memory` or `pids`. */
  readonly kind: string
  /** What the graph says, for those who do not see it. */
  readonly summary: string
  /** Times in seconds, and values. */
  readonly data: [number[], (number | null)[]]
  /** First and last moment, in seconds. */
  readonly from: number
  readonly to: number
  /** The least that the axis reaches up to. */
  readonly least: number
  /** Distances between lines of the grid that may be taken. */
  readonly steps: number[]
  readonly format: (value: number) => string
  /** Of the lines of the grid. */
  readonly formatLine: (value: number) => string
  /** Changes with the colours of the page. */
  readonly scheme: string
}

const HEIGHT = 116
/** Half a label, as a part of the width. */
const LABEL_MARGIN = 0.06
const SMALL = '11px system-ui, sans-serif'

/** Drawn anew from the data it is given; made anew when colours change. */
export function Chart(props: ChartProps): VNode {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | undefined>(undefined)
  const newest = useRef(props)
  newest.current = props
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const made = new UPlot(
      optionsFor(element, () => newest.current),
      newest.current.data,
      element,
    )
    plot.current = made
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      made.destroy()
    }
  }, [props.kind, props.scheme])
  useEffect(() => plot.current?.setData(props.data), [props.data])
  return html`<div class="chart" ref=${place} role="img" aria-label=${props.summary}></div>`
}

function optionsFor(element: HTMLElement, props: () => ChartProps): UPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const { kind, steps } = props()
  const axis = { stroke: colour('--text-2'), font: SMALL, ticks: { show: false }, grid: { stroke: colour('--grid'), width: 1 } }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 2, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'teu' }, points: { size: 7 } },
    scales: {
      x: { time: true, range: () => [props().from, props().to] },
      y: { range: (_, __, most) => [0, Math.max(props().least, (most ?? 0) * 1.12)] },
    },
    axes: [
      { ...axis, size: 22, gap: 4, space: 70, values: (_, times) => times.map((time) => clockLabel(time, props())) },
      { ...axis, size: 58, gap: 6, space: 24, incrs: steps, values: (_, values) => values.map((value) => props().formatLine(value)) },
    ],
    series: [{}, { stroke: colour(`--chart-${kind}`), fill: colour(`--chart-${kind}-fill`), width: 1.5, points: { show: false } }],
    hooks: { setCursor: [(made) => tellCursor(element, made, props())] },
  }
}

/** Writes the value under the pointer, or nothing, beside the title; outside of the page's own drawing, because it follows the pointer. */
function tellCursor(element: HTMLElement, { cursor: { idx }, data }: UPlot, { format }: ChartProps): void {
  const label = element.closest('figure')?.querySelector('.at-cursor')
  if (label === null || label === undefined) return
  const [time, value] = idx === null || idx === undefined ? [] : [data[0][idx], data[1]?.[idx]]
  label.textContent = time === undefined || value === null || value === undefined ? '' : `${format(value)} at ${clockText(time, 0)}`
}

/** Nothing where it would be cut off. */
function clockLabel(time: number, { from, to }: ChartProps): string {
  const span = to - from
  return to - time < span * LABEL_MARGIN || time - from < span * LABEL_MARGIN ? '' : clockText(time, span)
}

const clocks = {
  minutes: new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }),
  seconds: new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
}

function clockText(seconds: number, span: number): string {
  return (span > 300 ? clocks.minutes : clocks.seconds).format(seconds * 1000)
}
