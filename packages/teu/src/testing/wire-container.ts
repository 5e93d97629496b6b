/** Containers as the page of `teu watch --web` gets them. */

import type { WireContainer } from '../watch/web/wire.ts'

/** A running container with nothing remarkable about it.
 *  @param n  its number in the view, which its id, name and pid are made of */
export function wireContainer(n: number, more: Partial<WireContainer> = {}): WireContainer {
  const plain = { image: '', project: '', engine: 'unix:///e', paused: false, privileged: false, startedAt: null }
  return { n, id: `id${n}`, name: `c${n}`, pid: n, ...plain, ...more }
}
