import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress, socketPath } from './engine-address.ts'

describe('parseAddress()', () => {
  it.each([
    ['/run/docker.sock', { kind: 'unix', path: '/run/docker.sock' }],
    ['unix:///run/docker.sock', { kind: 'unix', path: '/run/docker.sock' }],
    ['tcp://host', { kind: 'tcp', host: 'host', port: undefined }],
    ['tcp://127.0.0.1:2375/', { kind: 'tcp', host: '127.0.0.1', port: 2375 }],
    ['tcp://[::1]:2376', { kind: 'tcp', host: '::1', port: 2376 }],
    ['ssh://host', { kind: 'ssh', user: undefined, host: 'host', port: undefined, path: undefined }],
    ['ssh://me@my.domain@host:22', undefined],
    ['ssh://me@host:22/run/x.sock', { kind: 'ssh', user: 'me', host: 'host', port: 22, path: '/run/x.sock' }],
    ['ssh://root@[fe80::1%eth0]/', { kind: 'ssh', user: 'root', host: 'fe80::1%eth0', port: undefined, path: undefined }],
  ])('%s', (text, address) => {
    if (address === undefined) return expect(parseAddress(text)).toMatchObject({ user: 'me@my.domain', host: 'host', port: 22 })
    expect(parseAddress(text)).toEqual(address)
  })

  it.each(['', 'docker.sock', 'unix://docker.sock', 'unix:', 'npipe:////./pipe/x', 'fd://', 'http://host', 'TCP://host'])(
    'does not know "%s"',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
    },
  )

  it.each([
    'tcp://',
    'tcp://host:',
    'tcp://host:0',
    'tcp://host:65536',
    'tcp://host:1e3',
    'tcp://host:1:2',
    'tcp://user@host',
    'tcp://host/path',
    'tcp://[::1',
    'tcp://ho st',
    'ssh://',
    'ssh://me@',
    'ssh://me:secret@host',
    'ssh://-oProxyCommand=x',
    'ssh://-oProxyCommand=x@host',
    'ssh://$(x)@host',
    'ssh://me@host;x',
    'ssh://`x`',
    'ssh://host\n',
    'ssh://host/a b',
    "ssh://host/a';x;'",
    'ssh://host/$(x)',
    'ssh://host?x',
    'ssh://[::1%$(x)]',
  ])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
  })

  it('and back', () => {
    for (const text of ['unix:///run/a', 'tcp://[::1]:1', 'tcp://a', 'ssh://a', 'ssh://me@a:2/run/b', 'ssh://me@[::1]']) {
      expect(formatAddress(parseAddress(text))).toBe(text)
    }
  })
})

it('some engines have sockets only', () => {
  expect(socketPath('unix:///run/crio.sock')).toBe('/run/crio.sock')
  expect(socketPath('/run/crio.sock')).toBe('/run/crio.sock')
  for (const address of ['tcp://host:2375', 'ssh://host', 'crio.sock', '', 'unix://crio.sock']) {
    expect(() => socketPath(address)).toThrow(expect.objectContaining({ code: 'ERR_TEU_UNSUPPORTED' }))
  }
})
