import { type Container, containerOf } from '@teu/watch'
import { expect, it } from 'vitest'
import { imageOf, packImage } from './image-packer.ts'

const engine = { type: 'test', id: '', api: 'unix:///test', pid: 0 }
const facts = { id: 'a', name: 'a', labels: {}, pid: 1, paused: false, engine }

function packed(raw: unknown): string | undefined {
  const container: Container = containerOf(facts)
  return imageOf({ ...container, rucksack: packImage(container, raw) })
}

it.each([
  ['Docker', { Id: 'a', Image: 'sha256:1', Config: { Image: 'web:1' } }],
  ['Podman about one container', { Id: 'a', Image: 'fe12', ImageName: 'web:1', Config: { Image: 'web:1' } }],
  ['a Podman that has it in one place only', { Id: 'a', Image: 'fe12', ImageName: 'web:1', Config: { Image: '' } }],
  ['a list of Podman', { Id: 'a', Image: 'web:1', ImageID: 'fe12' }],
  ['containerd', { namespace: 'default', record: { id: 'a', image: 'web:1' }, task: { pid: 1 } }],
  ['CRI', { status: { status: { id: 'a', image: { image: 'web:1', userSpecifiedImage: '' } } }, pod: undefined }],
  ['CRI that knows what was asked for', { status: { status: { id: 'a', image: { image: 'sha256:1', userSpecifiedImage: 'web:1' } } } }],
])('%s tells the image', (_, raw) => expect(packed(raw)).toBe('web:1'))

it.each([
  ['a container without an image', { Config: {}, Image: 'sha256:1' }],
  ['a pod sandbox', { status: { id: 'a' } }],
  ['a live task without a record', { namespace: 'default', record: undefined, task: {} }],
  ['an object for a name', { Config: { Image: { x: 1 } } }],
  ['no text in a list', { Image: 5 }],
  ['nothing', null],
  ['a text', 'web:1'],
])('%s has none', (_, raw) => expect(packed(raw)).toBeUndefined())

it('a name has a limit', () => expect(packed({ Image: 'x'.repeat(5_000) })).toHaveLength(1_024))
