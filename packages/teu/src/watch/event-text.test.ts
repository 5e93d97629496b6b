import { containerOf, type ContainerEvent, type WatchEvent } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import { paintFor } from '../human/paint.ts'
import { documentLine, eventDocument } from './event-document.ts'
import { eventText } from './event-text.ts'
import { paintedLine } from './view/painted.ts'
import { visible } from './view/visible.ts'

const engine = { type: 'docker.com', id: 'X', api: 'unix:///run/docker.sock', pid: 0 }
const timestamp = new Date('2024-01-02T15:00:00Z')
const id = 'ab'.repeat(32)
const web = containerOf(
  {
    id,
    name: 'web',
    labels: { 'com.docker.compose.project': 'shop' },
    pid: 7,
    paused: false,
    startedAt: new Date('2024-01-01T00:00:00Z'),
    engine,
  },
  { image: 'box' },
)
const event = (type: ContainerEvent['type'], more: Partial<ContainerEvent> = {}): ContainerEvent => {
  return { type, container: web, previous: undefined, engine, timestamp, source: 'event', exitCode: undefined, ...more }
}
const connection = (type: 'lost' | 'synced', error?: unknown): WatchEvent => ({ type, engine, timestamp, source: 'sync', error })
const plain = { paint: paintFor({ env: {}, isErrTerminal: () => false }), full: false }
const AT = '2024-01-02T15:00:00.000Z'
const WHERE = 'docker.com unix:///run/docker.sock'

describe('events as text', () => {
  it.each<[WatchEvent, string]>([
    [event('started'), `${AT} started web (project shop, id abababababab, pid 7, ${WHERE})\n`],
    [
      event('started', { source: 'sync' }),
      `${AT} found web (project shop, id abababababab, pid 7, since 2024-01-01T00:00:00.000Z, ${WHERE})\n`,
    ],
    [event('exited', { exitCode: 137 }), `${AT} exited web (project shop, id abababababab, exit code 137, ${WHERE})\n`],
    [event('exited'), `${AT} exited web (project shop, id abababababab, ${WHERE})\n`],
    [event('paused', { previous: web }), `${AT} paused web (project shop, id abababababab, ${WHERE})\n`],
    [event('updated', { previous: { ...web, name: 'old' } }), `${AT} updated web (before: old, project shop, id abababababab, ${WHERE})\n`],
    [
      event('updated', { previous: web, view: 'left' }),
      `${AT} updated web (project shop, id abababababab, no longer selected, ${WHERE})\n`,
    ],
    [
      event('updated', { previous: web, view: 'entered' }),
      `${AT} updated web (project shop, id abababababab, selected from now on, ${WHERE})\n`,
    ],
    [connection('synced'), `${AT} watching ${WHERE}\n`],
    [connection('lost', new Error('no\nroute')), `${AT} lost ${WHERE}: no\\nroute\n`],
    [connection('lost', 'x'), `${AT} lost ${WHERE}: x\n`],
  ])('%#', (one, text) => expect(eventText(one, plain)).toBe(text))

  it('shows ids in full, and colours, when it is told to', () => {
    const paint = paintFor({ env: {}, isErrTerminal: () => true })
    const text = eventText(event('exited', { exitCode: 1 }), { paint, full: true })
    expect(text).toContain(id)
    expect(text).toContain('\u001b[31mexited\u001b[0m')
  })

  it('what strangers have written steers no terminal', () => {
    const evil = { ...web, name: '\u001b[2Jx\u202ey\u009b', project: 'a\r\nb', id: '\u001b' }
    const text = eventText(event('started', { container: evil, engine: { ...engine, api: 'unix:///\u001b' } }), plain)
    expect(text).toBe(`${AT} started \\x1b[2Jx\\u{202e}y\\x9b (project a\\x0d\\nb, id \\x1b, pid 7, docker.com unix:///\\x1b)\n`)
  })
})

describe('values that are not what they should be', () => {
  const ESCAPES = '\u001b]0;title\u001b\\\u001b[2J'
  const evil = ESCAPES as unknown as number

  it.each(['pid', 'exit code'])('a %s of escapes is a question mark', (what) => {
    const one = what === 'pid' ? event('started', { container: { ...web, pid: evil } }) : event('exited', { exitCode: evil })
    const text = eventText(one, plain)
    expect(text).toContain(`${what} ?, `)
    expect(text).not.toContain('\u001b')
  })

  it('moments that are none do not throw', () => {
    const never = new Date(Number.NaN)
    const one = event('started', { timestamp: never, source: 'sync', container: { ...web, startedAt: never } })
    expect(eventText(one, plain)).toMatch(/^\? found web \(.*, since \?, /)
    expect(JSON.parse(documentLine(one))).toMatchObject({ timestamp: '?', container: { startedAt: '?' } })
  })

  it('every piece of a line is made harmless, whoever forgot it before, and none twice', () => {
    expect(paintedLine([ESCAPES, ['bold', `a\u009b${visible(ESCAPES)}`]], plain.paint)).toBe(
      `${visible(ESCAPES)}a\\x9b${visible(ESCAPES)}\n`,
    )
  })
})

describe('events as JSON', () => {
  it('has everything that is known, and nothing that is not', () => {
    const container = {
      id,
      name: 'web',
      project: 'shop',
      image: 'box',
      labels: web.labels,
      pid: 7,
      paused: false,
      startedAt: '2024-01-01T00:00:00.000Z',
    }
    expect(JSON.parse(documentLine(event('exited', { exitCode: 3 })))).toEqual({
      type: 'exited',
      timestamp: AT,
      source: 'event',
      engine,
      container,
      exitCode: 3,
    })
    const bare = containerOf({ id: 'b', name: 'b', labels: {}, pid: 1, paused: true, privileged: true, engine })
    expect(JSON.parse(documentLine(event('paused', { container: bare, previous: { ...bare, paused: false } })))).toEqual({
      type: 'paused',
      timestamp: AT,
      source: 'event',
      engine,
      container: { id: 'b', name: 'b', labels: {}, pid: 1, paused: true, privileged: true },
      previous: { id: 'b', name: 'b', labels: {}, pid: 1, paused: false, privileged: true },
    })
    expect(JSON.parse(documentLine(connection('lost', new Error('gone'))))).toEqual({
      type: 'lost',
      timestamp: AT,
      source: 'sync',
      engine,
      error: 'gone',
    })
    expect(JSON.parse(documentLine(connection('synced')))).toEqual({ type: 'synced', timestamp: AT, source: 'sync', engine })
  })

  it('says whether a change brings a container into the selection or takes it out', () => {
    expect(eventDocument(event('updated', { previous: web, view: 'left' }))).toMatchObject({ type: 'updated', view: 'left' })
    expect(eventDocument(event('updated', { previous: web }))).not.toHaveProperty('view')
  })

  it('hides nothing from people, and keeps what was written', () => {
    const name = `a\u001b\u009b\u202e\u{e0001}\u2028\ud800日😀\u3164\ufe0f\n`
    const line = documentLine(event('started', { container: { ...web, name } }))
    expect(line).toMatch(/^[\x20-\x7e日😀]*\n$/u)
    expect((JSON.parse(line) as { container: { name: string } }).container.name).toBe(name)
  })
})
