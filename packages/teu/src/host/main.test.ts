import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { FakeHost } from '../testing/fake-host.ts'
import { hostTeu } from '../testing/host-command.ts'
import { HOST_COMMANDS } from './commands.ts'

const NAMES = HOST_COMMANDS.map(({ name }) => name)

describe('teu --host', () => {
  it.each([
    [['--host', 'containerd:///a b.sock'], {}, { socket: '/a b.sock', namespace: 'default', root: undefined }],
    [[], { TEU_HOST: 'containerd:///env.sock' }, { socket: '/env.sock', namespace: 'default', root: undefined }],
    [
      ['--host', 'containerd:///x'],
      { TEU_HOST: 'nonsense', CONTAINERD_NAMESPACE: 'k8s.io' },
      { socket: '/x', namespace: 'k8s.io', root: undefined },
    ],
    [
      ['--host', 'containerd:///x', '--namespace', 'moby', '--root', 'r'],
      { CONTAINERD_NAMESPACE: 'k8s.io' },
      { socket: '/x', namespace: 'moby', root: '/work dir/r' },
    ],
    [['--host', 'containerd:///x'], { CONTAINERD_NAMESPACE: '' }, { socket: '/x', namespace: 'default', root: undefined }],
  ])('connects for %j with %j', async (globals, env, options) => {
    const { status, connections, host } = await hostTeu(['ps'], { globals, io: { env } })
    expect({ status, connections, isDisposed: host.isDisposed }).toEqual({ status: 0, connections: [options], isDisposed: true })
  })

  it.each([
    [['--host', 'tcp://1.2.3.4:5'], '--host: expected containerd:// and the path of a socket, got "tcp://1.2.3.4:5"'],
    [['--host', ''], '--host: expected containerd://'],
    [['--host', 'containerd://relative'], '--host: expected an absolute path after containerd://, got "relative"'],
    [['--namespace', 'x'], '--namespace: only a daemon has namespaces'],
  ])('refuses %j', async (globals, message) => {
    const { status, err, connections } = await hostTeu(['ps'], { globals })
    expect({ status, connections }).toEqual({ status: 125, connections: [] })
    expect(err).toContain(`teu: ${message}`)
  })

  it('names the variable that is wrong', async () => {
    expect((await hostTeu(['ps'], { globals: [], io: { env: { TEU_HOST: 'x' } } })).err).toContain('teu: TEU_HOST: expected containerd://')
  })

  it('says in one line that there is no daemon, and what to do', async () => {
    const connectError = new TeuError('ERR_TEU_SYSTEM', 'Cannot reach containerd at /run/c.sock', { remedy: 'Check that containerd runs' })
    const { status, out, err } = await hostTeu(['ps'], { connectError })
    expect({ status, out, err }).toEqual({
      status: 125,
      out: '',
      err: 'teu: Cannot reach containerd at /run/c.sock\n  Check that containerd runs\n',
    })
  })

  it('says that a command needs a daemon', async () => {
    for (const name of NAMES.filter((one) => one !== 'run' && one !== 'version')) {
      const { status, err, connections } = await hostTeu(
        [...name.split(' '), 'a', 'b'].slice(
          0,
          name === 'ps' || name === 'events' ? 1 : name === 'images list' ? 2 : name === 'images import' ? 3 : 4,
        ),
        { globals: [] },
      )
      expect({ status, connections }).toEqual({ status: 125, connections: [] })
      expect(err).toBe(
        `teu: ${name}: no daemon is named\n  Write teu --host containerd:///run/containerd/containerd.sock ${name}, or set TEU_HOST\n`,
      )
    }
  })

  it('leaves plans to this machine', async () => {
    const line = ['explain', '--rootfs', 'host', '--', 'true']
    expect(await hostTeu(line, { globals: [], io: { env: { TEU_HOST: 'containerd:///x' } } })).toMatchObject({
      status: 0,
      out: 'the plan\n',
    })
    const { status, err } = await hostTeu(line)
    expect(status).toBe(125)
    expect(err).toContain('teu: explain: cannot be used with --host: it is for containers of teu itself\n')
  })

  it('prints both versions', async () => {
    expect((await hostTeu(['version'])).out).toMatch(/^teu .*\ncontainerd 1\.6\.20 \(revision abc\)\n$/)
    expect(JSON.parse((await hostTeu(['version', '--format', 'json'])).out)).toMatchObject({ containerd: { version: '1.6.20' } })
    expect((await hostTeu(['version', '--format', 'xml'])).err).toContain('--format: expected text or json, got "xml"')
  })
})

describe('help', () => {
  it('lists every command, without a daemon too', async () => {
    for (const globals of [[], ['--host', 'containerd:///x']]) {
      for (const line of [[], ['--help'], ['help']]) {
        const { status, out, err, connections } = await hostTeu(line, { globals })
        expect({ status, err, connections }).toEqual({ status: 0, err: '', connections: [] })
        for (const name of NAMES) expect(out).toContain(`\n  ${name} `)
      }
    }
  })

  it('explains each command', async () => {
    for (const globals of [[], ['--host', 'containerd:///x']]) {
      for (const name of NAMES) {
        for (const line of [
          ['help', ...name.split(' ')],
          [...name.split(' '), '--help'],
        ]) {
          const { status, out } = await hostTeu(line, { globals })
          expect(status).toBe(0)
          expect(out).toContain(`Usage: teu ${name} [options]`)
        }
      }
    }
  })

  it.each([
    [['pss'], 'Did you mean "ps"?'],
    [['images', 'improt'], 'Did you mean "images import"?'],
  ])('suggests a command for %j', async (line, hint) => {
    for (const globals of [[], ['--host', 'containerd:///x']]) expect((await hostTeu(line, { globals })).err).toContain(hint)
  })

  it('knows the other words of docker', async () => {
    const host = new FakeHost()
    for (const line of [['images'], ['images', '-q'], ['images', 'ls']]) expect((await hostTeu(line, { host })).status).toBe(0)
    expect((await hostTeu(['images', 'remove', 'a'], { host })).out).toBe('a\n')
  })
})
