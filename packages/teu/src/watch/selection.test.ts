import { containerOf } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import { selectionOf } from './selection.ts'

const engine = { type: 'docker.com', id: 'X:Y', api: 'unix:///run/docker.sock', pid: 0 }
const labels = { 'com.docker.compose.project': 'shop', tier: 'front', empty: '' }
const web = containerOf({ id: '1', name: 'web-1', labels, pid: 7, paused: false, engine })

describe('--filter', () => {
  it.each([
    [[], true],
    [['name=web-1'], true],
    [['name=web'], false],
    [['name=web*'], true],
    [['name=*-*'], true],
    [['name=*b*b*'], false],
    [['name=web-1*1'], false],
    [['name=*'], true],
    [['name=db', 'name=web-1'], true],
    [['name=web-1', 'project=blog'], false],
    [['project=sh*'], true],
    [['project='], false],
    [['label=tier'], true],
    [['label=tier=front'], true],
    [['label=empty='], true],
    [['label=tier=fro'], false],
    [['label=tier', 'label=other'], false],
    [['label=toString'], false],
    [['engine=docker'], true],
    [['engine=docker.com'], true],
    [['engine=dock'], false],
    [['engine=podman', 'engine=X:Y'], true],
    [['engine=/run/docker.sock'], true],
    [['engine=unix:///run/docker.sock'], true],
    [['engine=/run/other.sock'], false],
  ])('%j lets the container through: %s', (filters, passes) => {
    expect(selectionOf(filters).container(web)).toBe(passes)
  })

  it('engines are those that are named, whatever containers are wanted', () => {
    expect(selectionOf(['name=other']).engine(engine)).toBe(true)
    expect(selectionOf(['engine=podman']).engine(engine)).toBe(false)
  })

  it.each(['cri', 'k8s', 'k8s.io/cri-api'])('engine=%s is one with a CRI socket', (name) => {
    expect(selectionOf([`engine=${name}`]).engine({ ...engine, type: 'k8s.io/cri-api' })).toBe(true)
  })

  it.each([['web'], ['id=1'], ['=x'], ['name='], ['__proto__=x']])('refuses %s', (text) => {
    expect(() => selectionOf([text])).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
  })

  it('takes no longer for a pattern with many stars', () => {
    const name = 'a'.repeat(50_000)
    expect(selectionOf([`name=${'*a'.repeat(200)}*b`]).container({ ...web, name })).toBe(false)
  })
})
