/** The keys, as lines of the screen. */

import { clipped, type Line, span, spread } from './line.ts'
import type { Size } from './size.ts'
import { fitted } from './text-width.ts'

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['↑ ↓  k j', 'one up or down'],
  ['PageUp PageDown', 'one screen up or down'],
  ['Home End', 'to the beginning or the end'],
  ['Enter', 'open the container'],
  ['Esc', 'back; takes back the filter'],
  ['/', 'filter: words in name, project, image, engine, state, labels; id'],
  ['s', 'sort by the next column'],
  ['n e t a c m p', 'sort by name, engine, state, age, cpu, memory, pids; again: reverse'],
  ['r', 'reverse the order'],
  ['g', 'group by project, or not'],
  ['Ctrl-L', 'draw the screen anew'],
  ['Ctrl-Z', 'stop; fg goes on'],
  ['? h', 'this page'],
  ['q Ctrl-C', 'quit'],
]
const KEYS_WIDTH = 17

/** @param top  first line that is wanted */
export function helpView(
  top: number,
  { columns, rows }: Size,
): { readonly lines: readonly Line[]; readonly top: number; readonly height: number } {
  const height = Math.max(0, rows - 2)
  const from = Math.max(0, Math.min(top, KEYS.length - height))
  const body = KEYS.slice(from, from + height).map(([keys, meaning]): Line => [span(fitted(keys, KEYS_WIDTH), 'bold'), span(meaning)])
  while (body.length < height) body.push([])
  const foot = spread([span('Esc back', 'dim')], [span('q quit', 'dim')], columns)
  const lines = [[span('Keys of teu watch', 'bold', 'accent')], ...body, foot].slice(0, rows)
  return { lines: lines.map((line) => clipped(line, columns)), top: from, height }
}
