import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TeuError } from '@teu/spec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { VERSION } from '../cli/version.ts'
import { fakeIo } from '../testing/fake-io.ts'
import { fakeLibrary } from '../testing/fake-library.ts'
import { COMMANDS } from './commands.ts'
import { runOci } from './main.ts'

let directory: string
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'teu-oci-'))))
afterEach(() => rmSync(directory, { recursive: true }))

async function teuOci(...args: string[]): Promise<{ status: number; out: string; err: string; library: ReturnType<typeof fakeLibrary> }> {
  const io = fakeIo(args)
  const library = fakeLibrary({ c1: {} })
  return { status: await runOci(io, library), ...io.written, library }
}

describe('teu-oci', () => {
  it('prints its version in the form that programs parse', async () => {
    const { status, out, err } = await teuOci('--version')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toMatch(new RegExp(`^teu-oci version ${VERSION}\ncommit: \\w+\nspec: 1\\.3\\.0\n`))
    expect(VERSION).toBe(packageJson.version)
  })

  it('prints its version as JSON', async () => {
    expect(JSON.parse((await teuOci('-v', '--format', 'json')).out)).toMatchObject({ name: 'teu-oci', version: VERSION, spec: '1.3.0' })
  })

  it.each([[[]], [['--help']], [['-h']], [['help']]])('prints help on stdout for %j', async (args) => {
    const { status, out, err } = await teuOci(...args)
    expect({ status, err }).toEqual({ status: 0, err: '' })
    for (const { name } of COMMANDS) expect(out).toContain(`\n  ${name} `)
  })

  it.each(COMMANDS.map(({ name }) => name))('prints help for %s on stdout, which is how engines probe for it', async (name) => {
    for (const args of [
      [name, '--help'],
      [name, '-h'],
      ['help', name],
    ]) {
      const { status, out, err, library } = await teuOci(...args)
      expect({ status, err, calls: library.calls }).toEqual({ status: 0, err: '', calls: [] })
      expect(out).toContain(`Usage: teu-oci ${name} [options]`)
      expect(out).toContain('-h, --help')
    }
  })

  it.each(['checkpoint', 'restore'])('does not let engines think that %s works', async (name) => {
    expect((await teuOci(name, '--help')).status).toBe(1)
  })

  it('shows the usage and one error record for a wrong line', async () => {
    const { status, out, err, library } = await teuOci('kill')
    expect({ status, out, calls: library.calls }).toEqual({ status: 1, out: '', calls: [] })
    expect(err).toBe(
      'Usage: teu-oci kill [options] ID [SIGNAL]\nRun "teu-oci kill --help" for its options\n' +
        'time="2024-01-02T15:04:05Z" level=error msg="\\"kill\\" takes 1 to 2 arguments, got 0" code=ERR_TEU_USAGE\n',
    )
  })

  it.each([
    [['create', '--nope', 'c1'], 'unknown option --nope'],
    [['create', 'c1', '--pid-file'], 'flag needs an argument: --pid-file'],
    [['state', 'a', 'b'], '\\"state\\" takes exactly 1 argument, got 2'],
    [['--nope', 'state', 'c1'], 'unknown option --nope'],
    [['strat', 'c1'], 'unknown command \\"strat\\" for teu-oci'],
    [['exec', 'c1'], 'the command to run is missing'],
    [['--log-format', 'xml', 'state', 'c1'], '--log-format: expected text or json'],
    [['--cgroup-manager', 'x', 'state', 'c1'], '--cgroup-manager: expected'],
    [['--rootless', 'x', 'state', 'c1'], '--rootless: expected'],
    [['--log-level', 'x', 'state', 'c1'], '--log-level: expected'],
  ])('refuses %j', async (args, message) => {
    const { status, out, err, library } = await teuOci(...args)
    expect({ status, out, calls: library.calls }).toEqual({ status: 1, out: '', calls: [] })
    expect(err.match(/level=error/g)).toHaveLength(1)
    expect(err).toContain(message)
  })

  it('writes one record to the log and one line to stderr when a command fails', async () => {
    const log = join(directory, 'log.json')
    const { status, out, err } = await teuOci('--log', log, '--log-format=json', 'state', 'nope')
    expect({ status, out, err }).toEqual({ status: 1, out: '', err: 'container "nope": container does not exist\n' })
    expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({
      level: 'error',
      msg: 'container "nope": container does not exist',
      time: '2024-01-02T15:04:05Z',
      code: 'ERR_TEU_NOT_FOUND',
      containerId: 'nope',
    })
  })

  it('says nothing when all is well, in the log neither', async () => {
    const log = join(directory, 'log.json')
    const { status, out, err } = await teuOci('--log', log, '--log-format=json', '--criu', '/usr/sbin/criu', 'start', 'c1')
    expect({ status, out, err, log: readFileSync(log, 'utf8') }).toEqual({ status: 0, out: '', err: '', log: '' })
  })

  it('fails before it does anything when the log cannot be written', async () => {
    const { status, err, library } = await teuOci('--log', join(directory, 'missing', 'log'), 'start', 'c1')
    expect({ status, calls: library.calls }).toEqual({ status: 1, calls: [] })
    expect(err).toContain('Cannot open the log')
  })

  it('keeps debug records apart from the record that engines read', async () => {
    const log = join(directory, 'log.json')
    await teuOci('--debug', '--log', log, '--log-format=json', 'state', 'nope')
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(1)
    expect(readFileSync(`${log}.debug`, 'utf8')).toContain('"level":"debug"')
  })

  it.each([
    [[], { cgroupManager: 'fs' }],
    [['--systemd-cgroup'], { cgroupManager: 'systemd' }],
    [['--cgroup-manager', 'systemd'], { cgroupManager: 'systemd' }],
    [['--systemd-cgroup', '--cgroup-manager=disabled'], { cgroupManager: 'disabled' }],
    [['--root', 'state'], { cgroupManager: 'fs', root: '/work dir/state' }],
    [['--root', '/run/x/'], { cgroupManager: 'fs', root: '/run/x' }],
    [['--rootless', 'true'], { cgroupManager: 'fs', rootless: true }],
    [['--rootless', 'auto'], { cgroupManager: 'fs', rootless: 'auto' }],
  ])('opens the state root as %j says', async (globals, options) => {
    const { library } = await teuOci(...globals, 'start', 'c1')
    expect(library.calls[0]).toEqual(['open', { helper: 'once', ...options }])
  })

  it('passes errors of any kind on as one record', async () => {
    const io = fakeIo(['start', 'c1'])
    const library = fakeLibrary({ c1: { failures: { start: new RangeError('bug') } } })
    expect(await runOci(io, library)).toBe(1)
    expect(io.written.err).toBe('time="2024-01-02T15:04:05Z" level=error msg="Internal error: bug" code=ERR_TEU_SYSTEM\n')
  })

  it('exits with 255 when exec fails, and with 1 when its line is wrong', async () => {
    const failure = new TeuError('ERR_TEU_NOT_RUNNING', 'cannot exec in a stopped container')
    expect(await runOci(fakeIo(['exec', 'c1', 'ls']), fakeLibrary({ c1: { failures: { exec: failure } } }))).toBe(255)
    expect(await runOci(fakeIo(['exec', 'nope', 'ls']), fakeLibrary())).toBe(255)
    expect(await runOci(fakeIo(['exec', '--nope', 'c1', 'ls']), fakeLibrary())).toBe(1)
  })
})
