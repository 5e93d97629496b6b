import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { apiVersionFromEnvironment, dockerEndpoint, tlsFromEnvironment } from './docker-environment.ts'

let home = ''
let docker = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  docker = join(home, '.docker')
  mkdirSync(docker)
})

afterEach(() => {
  rmSync(home, { recursive: true })
})

function context(name: string, endpoint: unknown, ...pems: string[]): string {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = join(docker, 'contexts/meta', id)
  mkdirSync(meta, { recursive: true })
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: endpoint } }))
  const tls = join(docker, 'contexts/tls', id, 'docker')
  mkdirSync(tls, { recursive: true })
  for (const pem of pems) writeFileSync(join(tls, pem), 'x')
  return tls
}

const use = (currentContext: unknown): void => writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: {}, currentContext }))

describe('dockerEndpoint()', () => {
  it('is undefined when nothing is chosen', () => {
    expect(dockerEndpoint({})).toBeUndefined()
    expect(dockerEndpoint({ HOME: home, DOCKER_HOST: '', DOCKER_CONTEXT: '' })).toBeUndefined()
    for (const current of [undefined, '', 'default', 7]) {
      use(current)
      expect(dockerEndpoint({ HOME: home })).toBeUndefined()
    }
  })

  it('DOCKER_HOST comes first, then DOCKER_CONTEXT, then the current context', () => {
    context('one', { Host: 'unix:///one.sock' })
    context('two', { Host: 'ssh://me@two' })
    use('one')
    const env = { HOME: home }
    expect(dockerEndpoint(env)).toEqual({ address: 'unix:///one.sock', tls: undefined, source: 'context "one"' })
    expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: 'two' })?.address).toBe('ssh://me@two')
    expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: 'default' })).toBeUndefined()
    expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: 'two', DOCKER_HOST: 'tcp://h:1' })).toEqual({
      address: 'tcp://h:1',
      tls: undefined,
      source: 'DOCKER_HOST',
    })
    expect(dockerEndpoint({ DOCKER_CONFIG: docker })?.address).toBe('unix:///one.sock')
  })

  it('TLS is wanted by DOCKER_TLS_VERIFY or DOCKER_CERT_PATH, and for tcp only', () => {
    const env = { HOME: home, DOCKER_HOST: 'tcp://h:1' }
    expect(dockerEndpoint({ ...env, DOCKER_TLS_VERIFY: '1' })?.tls).toEqual({ directory: docker })
    expect(dockerEndpoint({ ...env, DOCKER_CERT_PATH: '/certs' })?.tls).toEqual({ directory: '/certs' })
    expect(dockerEndpoint({ ...env, DOCKER_HOST: 'unix:///x', DOCKER_TLS_VERIFY: '1' })?.tls).toBeUndefined()
    expect(tlsFromEnvironment({ DOCKER_TLS_VERIFY: '' })).toBeUndefined()
  })

  it('contexts bring their own certificates', () => {
    const directory = context('tls', { Host: 'tcp://h:1', SkipTLSVerify: false }, 'ca.pem')
    context('open', { Host: 'tcp://h:1', SkipTLSVerify: true })
    context('plain', { Host: 'tcp://h:1' })
    const env = { HOME: home, DOCKER_TLS_VERIFY: '1' }
    expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: 'tls' })?.tls).toEqual({ directory, skipVerify: false })
    expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: 'open' })?.tls).toMatchObject({ skipVerify: true })
    expect(dockerEndpoint({ ...env, DOCKER_CONTEXT: 'plain' })?.tls).toBeUndefined()
  })

  it('says what is wrong with the files', () => {
    const env = { HOME: home }
    expect(() => dockerEndpoint({ ...env, DOCKER_CONTEXT: '../../x' })).toThrow(expect.objectContaining({ code: 'ERR_TEU_NOT_FOUND' }))
    for (const endpoint of [null, {}, { Host: 7 }, { Host: '' }]) {
      context('bad', endpoint)
      expect(() => dockerEndpoint({ ...env, DOCKER_CONTEXT: 'bad' })).toThrow(expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID' }))
    }
    for (const text of ['{', '[', '7', 'null']) {
      writeFileSync(join(docker, 'config.json'), text)
      expect(() => dockerEndpoint(env)).toThrow(
        expect.objectContaining({ code: 'ERR_TEU_CONFIG_INVALID', path: join(docker, 'config.json') }),
      )
    }
  })
})

it('the version of the API may have a v', () => {
  expect(['1.41', 'v1.41', '', undefined].map((version) => apiVersionFromEnvironment({ DOCKER_API_VERSION: version }))).toEqual([
    '1.41',
    '1.41',
    undefined,
    undefined,
  ])
})
