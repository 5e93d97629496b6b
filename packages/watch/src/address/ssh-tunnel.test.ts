import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EngineApi } from '../rest/engine-api.ts'
import { json, RestServer } from '../testing/rest-server.ts'
import { parseAddress, type SshAddress } from './engine-address.ts'
import { sshCommand, SshTunnel } from './ssh-tunnel.ts'

const address = (text: string): SshAddress => parseAddress(text) as SshAddress

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Puts another ssh into the way. */
function pretend(dir: string, script: string): void {
  writeFileSync(join(dir, 'ssh'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(dir, 'ssh'), 0o700)
  vi.stubEnv('PATH', `${dir}:${process.env['PATH'] ?? ''}`)
}

/** Joins its standard streams to a socket, as `docker system dial-stdio` does. */
function joinTo(dir: string, socket: string): string {
  const program = "const s = require('node:net').connect(process.argv[1]); process.stdin.pipe(s); s.pipe(process.stdout)"
  return `echo "$@" >> ${dir}/args\necho $$ >> ${dir}/pids\nexec ${process.execPath} -e "${program}" ${socket}`
}

describe('sshCommand()', () => {
  it('names user and port by options, and ends them before the host', () => {
    expect(sshCommand(address('ssh://host'), 'docker').slice(-6)).toEqual(['-T', '--', 'host', 'docker', 'system', 'dial-stdio'])
    const all = sshCommand(address('ssh://me@host:2222/run/x.sock'), 'docker').join(' ')
    expect(all).toContain('-o BatchMode=yes')
    expect(all).toMatch(/ -l me -p 2222 -T -- host docker --host unix:\/\/\/run\/x\.sock system dial-stdio$/)
    expect(sshCommand(address('ssh://host/run/x'), 'podman').slice(-5)).toEqual([
      'podman',
      '--url',
      'unix:///run/x',
      'system',
      'dial-stdio',
    ])
  })
})

describe('SshTunnel', () => {
  it('carries requests and streams to the other side, and leaves nothing', async () => {
    await using server = await RestServer.start('docker.sock', (target, response) => {
      if (target === '/events') response.writeHead(200).write('{"n":1}\n')
      else json(response, { target })
    })
    pretend(server.dir, joinTo(server.dir, server.path))
    const api = new EngineApi('ssh://me@host')
    expect(api.address).toBe('ssh://me@host')
    expect(await api.get('/a')).toEqual({ target: '/a' })
    expect(await api.get('/b')).toEqual({ target: '/b' })
    const abort = new AbortController()
    for await (const document of await api.stream('/events', abort.signal)) {
      expect(document).toEqual({ n: 1 })
      break
    }
    // One connection is kept for requests, the other was that of the stream.
    const lines = (name: string): string[] => readFileSync(join(server.dir, name), 'utf8').trimEnd().split('\n')
    expect(lines('args')).toHaveLength(2)
    await api[Symbol.asyncDispose]()
    expect(lines('pids').filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
    await expect(api.get('/c')).rejects.toMatchObject({ code: 'ERR_TEU_INVALID_STATE' })
  })

  it('its socket is for us alone, and goes with it', async () => {
    const tunnel = new SshTunnel(address('ssh://host'), 'docker')
    const directory = dirname(await tunnel.socket())
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(readdirSync(directory)).toEqual(['engine.sock'])
    await tunnel[Symbol.asyncDispose]()
    expect(existsSync(directory)).toBe(false)
    await tunnel[Symbol.asyncDispose]()
  })

  it('says what ssh has said, without what could steer a terminal', async () => {
    await using server = await RestServer.start('unused', () => undefined)
    pretend(server.dir, "printf 'me@host: \\033[31mPermission denied\\033[0m\\r\\n(publickey)\\007' >&2; exit 255")
    await using api = new EngineApi('ssh://me@host')
    await expect(api.get('/')).rejects.toMatchObject({
      code: 'ERR_TEU_SYSTEM',
      message: expect.stringMatching(/^Cannot talk to ssh:\/\/me@host: .* \(me@host: Permission denied \(publickey\)\)$/),
    })
  })

  it.each([
    ['what ssh leaves behind', ''],
    ['an ssh that does not want to end', "trap '' TERM\n"],
  ])('does not wait for %s', async (_, trap) => {
    await using server = await RestServer.start('docker.sock', (target, response) => json(response, { target }))
    // Without exec the relay is a child of the shell, and has its streams.
    pretend(server.dir, `${trap}${joinTo(server.dir, server.path).replace('exec ', '')}\nexit $?`)
    const tunnel = new SshTunnel(address('ssh://host'), 'docker', 20)
    const api = new EngineApi(await tunnel.socket())
    expect(await api.get('/a')).toEqual({ target: '/a' })
    await tunnel[Symbol.asyncDispose]()
    await api[Symbol.asyncDispose]()
    const [pid] = readFileSync(join(server.dir, 'pids'), 'utf8').split('\n')
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })

  it('says so when there is no ssh', async () => {
    await using server = await RestServer.start('unused', () => undefined)
    vi.stubEnv('PATH', server.dir)
    await using api = new EngineApi('ssh://host')
    await expect(api.get('/')).rejects.toThrow('cannot run ssh')
  })
})
