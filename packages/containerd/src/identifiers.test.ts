import { describe, expect, test } from 'vitest'
import { checkCallersLabels, checkExecId, checkIdentifier, checkLabels, checkNamespace, execIdOf } from './identifiers.ts'

describe('checkIdentifier()', () => {
  test.each(['a', 'A9', 'a-b_c.d', 'x'.repeat(76)])('takes %s', (id) => expect(() => checkIdentifier('container ID', id)).not.toThrow())
  test.each(['', '-a', 'a-', 'a--b', 'a/b', 'ä', 'a b', '..', 'x'.repeat(77), 7, undefined])('refuses %s', (id) =>
    expect(() => checkIdentifier('container ID', id)).toThrow(expect.objectContaining({ code: 'ERR_TEU_INVALID_ID' })),
  )
})

test('exec ids are other names than those of the first process', () => {
  expect(() => checkExecId('web', 'e1')).not.toThrow()
  for (const id of ['init', 'web']) expect(() => checkExecId('web', id)).toThrow("is the container's first process")
})

test('the first process has no exec id on the wire', () => {
  expect([execIdOf('web', 'init'), execIdOf('web', 'web'), execIdOf('web', 'e1')]).toEqual(['', '', 'e1'])
})

test('namespaces', () => {
  expect(() => checkNamespace('k8s.io')).not.toThrow()
  expect(() => checkNamespace('version')).toThrow('taken by containerd itself')
  expect(() => checkNamespace('a b')).toThrow('invalid namespace: "a b"')
})

test('labels: key and value together have a limit, in bytes', () => {
  expect(() => checkLabels({ a: 'x'.repeat(4095) })).not.toThrow()
  expect(() => checkLabels({ a: 'ä'.repeat(2048) })).toThrow('key and value have 4097 bytes')
})

test('labels of engines are not for callers', () => {
  expect(() =>
    checkCallersLabels({ 'nerdctl/name': 'web', 'containerd.io/restart.status': 'running', 'my.dev.teu/bundle': '' }),
  ).not.toThrow()
  for (const key of ['dev.teu/bundle', 'dev.teu/', 'com.docker/engine.bundle.path']) {
    expect(() => checkCallersLabels({ a: 'b', [key]: '/x' })).toThrow(expect.objectContaining({ code: 'ERR_TEU_INVALID_ARGUMENT' }))
  }
  expect(() => checkCallersLabels({ a: 'ä'.repeat(2048) })).toThrow('key and value have 4097 bytes')
})
