/** What a person types to find containers. */

import type { Row } from './row.ts'

/** Of a text that an engine may have made as long as it likes. */
const LONGEST = 1000

/** Words, each of which must be found in the name, project, image, engine, state or a label (`key=value`) of a container, or begin its id.
 *  Large and small letters are the same. */
export function matcherOf(query: string): (row: Row) => boolean {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return () => true
  return ({ container, engine, image = '', state }) => {
    const { id, name, project, labels } = container
    const texts = [name, project, image, engine, state].map((text) => text.slice(0, LONGEST).toLowerCase())
    return words.every(
      (word) =>
        id.startsWith(word) ||
        texts.some((text) => text.includes(word)) ||
        Object.entries(labels).some(([key, value]) => `${key}=${value}`.slice(0, LONGEST).toLowerCase().includes(word)),
    )
  }
}
