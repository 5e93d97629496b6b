import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EventParser } from './event-parser.ts'

const EVENTS = [
  { event: 'snapshot', data: '{"a":"x: y","b":"\\n"}' },
  { event: 'changes', data: '{}' },
]
const TEXT = EVENTS.map(({ event, data }) => `event: ${event}\ndata: ${data}\n\n`).join('')

it('EventParser finds the same events, wherever the text is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(TEXT.length), { maxLength: 20 }), (cuts) => {
      const parser = new EventParser()
      const edges = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length]
      const pieces = edges.slice(1).map((edge, i) => TEXT.slice(edges[i], edge))
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(EVENTS)
    }),
  )
})

it('EventParser tells of no event that is not complete', () => {
  const parser = new EventParser()
  expect(parser.push('event: changes\ndata: {}\n')).toEqual([])
  expect(parser.push('\n')).toEqual([{ event: 'changes', data: '{}' }])
})
