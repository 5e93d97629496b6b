/** The engines at the head of the screen. */

import type { EngineFacts } from '../model/engine-facts.ts'
import { type Line, span, type Style } from './line.ts'
import { visible } from './visible.ts'

const STYLES: Readonly<Record<EngineFacts['state'], Style>> = { watching: 'good', connecting: 'warn', lost: 'bad' }

/** At most `most` lines; those that do not fit are counted in the last one. */
export function engineLines(engines: readonly EngineFacts[], most: number): Line[] {
  if (most <= 0) return []
  const fits = engines.length <= most
  const shown = fits ? engines : engines.slice(0, most - 1)
  const lines = shown.map(engineLine)
  const others = engines.slice(shown.length)
  if (others.length > 0) {
    const lost = others.filter(({ state }) => state === 'lost').length
    lines.push([span(`  and ${others.length} more engines${lost === 0 ? '' : `, ${lost} of them lost`}`, 'dim')])
  }
  return lines
}

function engineLine({ name, version, address, state, reason, containers }: EngineFacts): Line {
  const head = [span(state === 'watching' ? '● ' : '○ ', STYLES[state]), span(visible(version === '' ? name : `${name} ${version}`))]
  const where = span(`  ${visible(address.replace(/^unix:\/\//, ''))}  `, 'dim')
  const what =
    state === 'watching'
      ? span(`${containers} ${containers === 1 ? 'container' : 'containers'}`, 'dim')
      : span(reason === undefined ? state : `${state}: ${visible(reason)}`, STYLES[state])
  return [...head, where, what]
}
