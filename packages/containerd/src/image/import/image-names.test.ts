import { describe, expect, test } from 'vitest'
import { annotatedNames, nameImages } from './image-names.ts'
import { parseDockerManifest } from './docker-manifest.ts'

const target = (digest: string) => ({ mediaType: 'm', digest, size: 1 })
const names = (images: readonly (readonly [string, ...string[]])[], given?: string): string[] =>
  nameImages(
    images.map(([digest, ...own]) => ({ target: target(digest), names: own })),
    given,
  ).map(({ name, target: { digest } }) => `${digest} ${name}`)

describe('nameImages()', () => {
  test('the archive knows', () => {
    expect(
      names([
        ['a', 'x:1', 'r.io/y:2'],
        ['b', 'z:1'],
      ]),
    ).toEqual(['a docker.io/library/x:1', 'a r.io/y:2', 'b docker.io/library/z:1'])
  })

  test('the caller knows', () => {
    expect(names([['a']], 'mine')).toEqual(['a docker.io/library/mine:latest'])
    expect(names([['a', 'v1']], 'mine')).toEqual(['a docker.io/library/mine:v1'])
    expect(names([['a', 'v1']], 'mine:2')).toEqual(['a docker.io/library/mine:2'])
    expect(
      names(
        [
          ['a', 'r.io/x:1'],
          ['b', 'r.io/y:2'],
        ],
        'localhost:5000/mine',
      ),
    ).toEqual(['a localhost:5000/mine:1', 'b localhost:5000/mine:2'])
    expect(
      names(
        [
          ['a', 'x:1'],
          ['a', 'x:1'],
        ],
        'mine:1',
      ),
    ).toEqual(['a docker.io/library/mine:1'])
  })

  test('nobody knows, or there is more than one', () => {
    expect(() => names([['a']])).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE', remedy: 'Give a name' }))
    expect(() => names([['a', 'latest']])).toThrow('no full name for the image latest')
    expect(() =>
      names(
        [
          ['a', 'x:1'],
          ['b', 'y:1'],
        ],
        'mine',
      ),
    ).toThrow('several images that would be called docker.io/library/mine:1')
  })
})

test('annotatedNames() prefers the full name', () => {
  const annotations = { 'org.opencontainers.image.ref.name': '1', 'io.containerd.image.name': 'r.io/x:1' }
  expect(annotatedNames({ ...target('a'), annotations })).toEqual(['r.io/x:1'])
  expect(annotatedNames(target('a'))).toEqual([])
})

test('parseDockerManifest() reads null as nothing', () => {
  const text = '[{"Config":"c.json","RepoTags":null,"Layers":["l.tar"],"Parent":"x"}]'
  expect(parseDockerManifest(Buffer.from(text))).toEqual([{ config: 'c.json', repoTags: [], layers: ['l.tar'] }])
  expect(() => parseDockerManifest(Buffer.from('{}'))).toThrow('manifest.json: expected an array, got an object')
})
