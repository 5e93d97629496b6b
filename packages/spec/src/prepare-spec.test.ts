import { describe, expect, it } from 'vitest'
import { isBindMount, prepareSpec } from './prepare-spec.ts'
import type { Spec } from './types/spec.ts'

const specWith = (path: string): Spec => ({ ociVersion: '1.0.0', root: { path, readonly: true }, annotations: { a: 'b' } })

describe('prepareSpec()', () => {
  it.each([
    ['rootfs', '/b/c', '/b/c/rootfs'],
    ['./rootfs/', '/b//c/', '/b/c/rootfs'],
    ['.', '/b', '/b'],
    ['../other', '/b/c', '/b/c/../other'],
    ['/abs/./x', '/b', '/abs/./x'],
    ['rootfs', '/', '/rootfs'],
  ])('root.path %s in the bundle %s is %s', (path, bundle, expected) => {
    expect(prepareSpec(specWith(path), bundle)).toEqual(specWith(expected))
  })

  it('returns a new object and leaves the given one alone', () => {
    const spec = Object.freeze({ ...specWith('rootfs'), root: Object.freeze({ path: 'rootfs' }) })
    const prepared = prepareSpec(spec, '/b')
    expect(prepared).not.toBe(spec)
    expect(spec.root.path).toBe('rootfs')
    expect(prepared.annotations).toBe(spec.annotations)
  })

  it('makes sources of bind mounts and all destinations absolute, and nothing else', () => {
    const mounts = [
      { destination: '/a', source: 'data', options: ['rbind'] },
      { destination: 'b', source: '/data', type: 'bind' },
      { destination: '/proc', source: 'proc', type: 'proc' },
      { destination: '/ovl', source: 'overlay', type: 'overlay', options: ['lowerdir=x'] },
    ]
    const prepared = prepareSpec({ ...specWith('/r'), mounts }, '/bundle').mounts
    expect(prepared?.map(({ source, destination }) => [source, destination])).toEqual([
      ['/bundle/data', '/a'],
      ['/data', '/b'],
      ['proc', '/proc'],
      ['overlay', '/ovl'],
    ])
    expect(prepared?.[2]).toBe(mounts[2])
  })

  it('wants an absolute bundle', () => {
    expect(() => prepareSpec(specWith('r'), 'bundle')).toThrow(RangeError)
  })
})

describe('isBindMount()', () => {
  it.each([
    [{ destination: '/a', options: ['ro', 'bind'] }, true],
    [{ destination: '/a', options: ['rbind'], type: 'none' }, true],
    [{ destination: '/a', type: 'bind' }, true],
    [{ destination: '/a', type: 'tmpfs', options: ['bindy'] }, false],
    [{ destination: '/a' }, false],
  ])('%j: %s', (mount, expected) => {
    expect(isBindMount(mount)).toBe(expected)
  })
})
