import { isTeuError } from '@teu/spec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chainIds } from './chain-id.ts'
import { digestOf } from './digest.ts'
import { parseImageConfig } from './image-config.ts'
import { MAX_DOCUMENT_BYTES, MAX_INDEX_ENTRIES } from './limits.ts'
import { parseIndex, parseManifest } from './manifest.ts'

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const digest = digestOf('x')
const blob = { mediaType: 'application/x', digest, size: 3 }
const invalid = (parse: () => unknown, message: string): void => {
  expect(parse).toThrow(expect.objectContaining({ code: 'ERR_TEU_IMAGE_INVALID', message: expect.stringContaining(message) }))
}

describe('parseIndex()', () => {
  test('reads entries with platforms and annotations', () => {
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': '1' }
    const index = parseIndex(bytes({ schemaVersion: 2, manifests: [{ ...blob, platform, annotations: { a: 'b' } }] }), 'i')
    expect(index.manifests).toEqual([{ ...blob, platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, annotations: { a: 'b' } }])
    expect(parseIndex(bytes({ manifests: null }), 'i').manifests).toEqual([])
  })

  test('names the place of what is wrong', () => {
    invalid(() => parseIndex(bytes('{'), 'i'), 'i')
    invalid(() => parseIndex(bytes([]), 'i'), 'i: expected an object, got an array')
    invalid(() => parseIndex(bytes({ manifests: [{ ...blob, size: -1 }] }), 'i'), '/manifests/0/size expected a size in bytes, got -1')
    invalid(() => parseIndex(bytes({ manifests: [{ ...blob, digest: 'sha256:../../etc' }] }), 'i'), '/manifests/0/digest')
    invalid(() => parseIndex(bytes({ manifests: [{ ...blob, annotations: { a: 1 } }] }), 'i'), '/manifests/0/annotations/a')
    invalid(() => parseIndex(bytes('{"manifests":[],"manifests":[]}'), 'i'), 'manifests')
    invalid(() => parseIndex(bytes({ manifests: [], layers: [] }), 'i'), 'manifest as well')
    invalid(() => parseIndex(bytes({ manifests: Array.from({ length: MAX_INDEX_ENTRIES + 1 }, () => blob) }), 'i'), 'at most')
    invalid(() => parseIndex(Buffer.alloc(MAX_DOCUMENT_BYTES + 1, 32), 'i'), 'bytes of JSON')
    invalid(() => parseIndex(bytes('['.repeat(5_000)), 'i'), 'i')
  })
})

describe('parseManifest()', () => {
  test('reads config and layers', () => {
    expect(parseManifest(bytes({ config: blob, layers: [blob] }), 'm')).toEqual({ config: blob, layers: [blob] })
    invalid(() => parseManifest(bytes({ layers: [blob] }), 'm'), '/config expected an object, got nothing')
    invalid(() => parseManifest(bytes({ config: blob, manifests: [] }), 'm'), 'index as well')
  })
})

describe('parseImageConfig()', () => {
  test('reads what Go leaves out or writes as null', () => {
    const config = { Env: null, Entrypoint: null, Cmd: ['x'], User: '', Labels: null, StopSignal: '' }
    expect(
      parseImageConfig(bytes({ os: 'linux', architecture: 'amd64', config, rootfs: { type: 'layers', diff_ids: null } }), 'c'),
    ).toEqual({
      platform: { os: 'linux', architecture: 'amd64' },
      diffIds: [],
      user: '',
      env: [],
      entrypoint: [],
      cmd: ['x'],
      workingDir: '',
      labels: {},
    })
    const bare = parseImageConfig(bytes({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest] } }), 'c')
    expect(bare).toMatchObject({ diffIds: [digest], cmd: [] })
  })

  test('refuses what is none', () => {
    invalid(() => parseImageConfig(bytes({}), 'c'), '/rootfs expected an object')
    invalid(() => parseImageConfig(bytes({ rootfs: { type: 'zip' } }), 'c'), '/rootfs/type expected "layers", got "zip"')
  })
})

test('parsers throw one kind of error, whatever comes', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(parseIndex, parseManifest, parseImageConfig), (text, parse) => {
      try {
        parse(bytes(text), 'it')
      } catch (error) {
        expect(isTeuError(error, 'ERR_TEU_IMAGE_INVALID')).toBe(true)
      }
    }),
  )
})

test('chainIds() are those of the specification', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => digestOf(text)) as [string, string, string]
  expect(chainIds([])).toEqual([])
  expect(chainIds([a, b, c])).toEqual([a, digestOf(`${a} ${b}`), digestOf(`${digestOf(`${a} ${b}`)} ${c}`)])
})
