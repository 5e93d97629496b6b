import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Answer, json, RestServer } from '../testing/rest-server.ts'
import { engineIdOf, placeOf } from './engine-id.ts'
import { PodmanEngine } from './podman-engine.ts'

const item = { Id: 'one', Names: ['web'], Labels: null, State: 'paused', Pid: 11, Pod: 'pod1', IsInfra: false, StartedAt: 1_795_848_782 }

const podman: Answer = (target, response) => {
  const [path = ''] = target.split('?')
  if (path === '/_ping') response.writeHead(200, { 'api-version': '1.41', 'libpod-api-version': '4.3.1' }).end('OK')
  else if (path === '/libpod/info') json(response, { store: { graphRoot: '/store' }, version: { Version: '4.3.1' } })
  else if (path === '/libpod/containers/json')
    json(response, [item, { ...item, Id: 'two', Pid: 0 }, { ...item, Id: 'infra', Pod: 'pod1', IsInfra: true }])
  else if (path === '/libpod/containers/one/json') {
    const State = { Pid: 11, Paused: true, StartedAt: '2026-11-28T06:53:02.047361078Z' }
    json(response, { Id: 'one', Name: 'web', State, Config: { Labels: null }, Pod: 'pod1', HostConfig: { Privileged: false } })
  } else json(response, { message: 'no' }, 404)
}

describe('PodmanEngine', () => {
  it('lists and inspects alike, with pods as labels', async () => {
    await using server = await RestServer.start('podman.sock', podman)
    await using engine = new PodmanEngine(server.path)
    const [one, infra, ...others] = await engine.list()
    expect(one).toMatchObject({ id: 'one', name: 'web', pid: 11, paused: true, labels: { 'dev.teu/podman.pod.id': 'pod1' } })
    expect(infra?.labels).toEqual({ 'dev.teu/podman.pod.id': 'pod1', 'dev.teu/podman.pod.infra': '' })
    expect(others).toEqual([])
    const inspected = await engine.inspect('one')
    expect({ ...inspected, startedAt: one?.startedAt }).toEqual(one)
    await expect(engine.inspect('nobody')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })
    expect(await engine.version()).toBe('4.3.1')
    expect(await engine.id()).toBe(one?.engine.id)
  })

  it.each([
    ['a path for a pid', { Pid: '../tmp/fifo' }],
    ['a pid beyond all', { Pid: 1e300 }],
    ['names that are no texts', { Names: [{ a: 1 }] }],
    ['a text for names', { Names: 'web' }],
    ['an id that is none', { Id: 5 }],
  ])('a list with %s fails', async (_, wrong) => {
    await using server = await RestServer.start('podman.sock', (target, response, request) => {
      if (target.startsWith('/libpod/containers/json')) json(response, [{ ...item, ...wrong }])
      else podman(target, response, request)
    })
    await using engine = new PodmanEngine(server.path)
    await expect(engine.list()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
  })

  it('takes times and labels only for what they are; pods come before labels without end', async () => {
    const Labels = { 'dev.teu/podman.pod.id': 'mine', n: 5, big: 'x'.repeat(2 * 1024 * 1024 - 3) }
    await using server = await RestServer.start('podman.sock', (target, response, request) => {
      if (target.startsWith('/libpod/containers/json')) json(response, [{ ...item, StartedAt: 1e300, Labels }])
      else podman(target, response, request)
    })
    await using engine = new PodmanEngine(server.path)
    const [one] = await engine.list()
    expect(one?.startedAt).toBeUndefined()
    expect(one?.labels).toEqual({ 'dev.teu/podman.pod.id': 'pod1' })
  })

  it.each([
    ['something else', {}],
    ['Podman 3', { 'libpod-api-version': '3.4.4' }],
  ])('refuses %s', async (_, headers) => {
    await using server = await RestServer.start('podman.sock', (__, response) => {
      response.writeHead(200, { 'api-version': '1.41', ...headers }).end('OK')
    })
    await using engine = new PodmanEngine(server.path)
    await expect(engine.attempt()).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED' })
  })
})

it('the id of an engine stands for its place and its storage', () => {
  const info = (graphRoot: unknown, hostname: unknown = 'h'): object => ({ host: { hostname }, store: { graphRoot } })
  const id = engineIdOf(info('/a'), '1:2')
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect(engineIdOf(info('/a'), '1:2')).toBe(id)
  for (const [other, place] of [
    [info('/b'), '1:2'],
    [info('/a', 'i'), '1:2'],
    [info('/a'), '1:3'],
    [info({ a: 1 }, ['h']), '1:2'],
    [null, '1:2'],
  ] as const) {
    expect(engineIdOf(other, place)).not.toBe(id)
  }
})

it('who says the same at another socket is another engine; the same socket is the same by any path', async () => {
  await using one = await RestServer.start('podman.sock', podman)
  await using two = await RestServer.start('podman.sock', podman)
  const link = join(one.dir, 'link.sock')
  symlinkSync(one.path, link)
  const ids: string[] = []
  for (const path of [one.path, two.path, link]) {
    await using engine = new PodmanEngine(path)
    ids.push(await engine.id())
  }
  expect(ids[0]).not.toBe('')
  expect(ids[1]).not.toBe(ids[0])
  expect(ids[2]).toBe(ids[0])
})

it('behind other addresses than sockets the address stands for the place', async () => {
  expect(await placeOf('tcp://host:2375')).toBe('tcp://host:2375')
  await expect(placeOf('unix:///nonexistent/podman.sock')).rejects.toThrow('ENOENT')
})
