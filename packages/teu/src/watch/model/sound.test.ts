import { type Container, containerOf } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import { soundContainer, soundEvent } from './sound.ts'

const engine = { type: 'docker.com', id: 'x', api: 'unix:///d', pid: 0 }
const web = containerOf({ id: 'a', name: 'web', labels: { tier: 'front' }, pid: 7, paused: false, engine }, { image: 'box' })
const odd = (more: object): Container => ({ ...web, ...more })

describe('soundContainer()', () => {
  it('leaves what is sound as it is', () => expect(soundContainer(web)).toBe(web))

  it.each([
    ['name', { a: 1 }, ''],
    ['name', null, ''],
    ['project', 5, '5'],
    ['id', undefined, ''],
    ['pid', '\u001b[2J', 0],
    ['pid', 1.5, 0],
    ['paused', 'yes', false],
    ['privileged', { a: 1 }, undefined],
    ['startedAt', new Date(Number.NaN), undefined],
    ['startedAt', 'today', undefined],
    ['labels', { a: 5, b: null, c: { x: 1 }, d: 'e', f: true }, { a: '5', d: 'e', f: 'true' }],
    ['labels', 'abc', {}],
    ['labels', null, {}],
    ['rucksack', { image: { x: 1 } }, { image: undefined }],
    ['rucksack', 7, { image: undefined }],
    ['engine', { type: 1, id: null, api: 'unix:///d', pid: '7' }, { type: '1', id: '', api: 'unix:///d', pid: 0 }],
  ])('%s of %j becomes %j', (key, value, result) => {
    const sound = soundContainer(odd({ [key]: value }))
    expect(sound[key as keyof Container]).toEqual(result)
    expect({ ...sound, [key]: undefined }).toEqual({ ...web, [key]: undefined })
    expect(soundContainer(sound)).toBe(sound)
  })

  it('works the same for the containers of events', () => {
    const event = { type: 'updated', container: odd({ name: 5 }), previous: odd({ name: {} }), engine, source: 'event' } as const
    const withCode = (exitCode: unknown): unknown => soundEvent({ ...event, timestamp: new Date(0), exitCode: exitCode as number })
    expect(withCode(137)).toMatchObject({ container: { name: '5' }, previous: { name: '' }, exitCode: 137 })
    expect(withCode('\u001b[2J')).toMatchObject({ exitCode: undefined })
  })
})
