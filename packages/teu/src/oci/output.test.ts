import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSpec, TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { fakeIo } from '../testing/fake-io.ts'
import { type FakeContainer, fakeLibrary, REPORT } from '../testing/fake-library.ts'
import { runOci } from './main.ts'

async function teuOci(args: readonly string[], containers: Record<string, FakeContainer> = { c1: {} }) {
  const io = fakeIo(args)
  const status = await runOci(io, fakeLibrary(containers))
  return { status, ...io.written }
}

describe('state', () => {
  it('prints the document with two spaces of indent', async () => {
    expect(await teuOci(['state', 'c1'], { c1: { record: { annotations: { k: 'v' }, systemdScope: 's.scope' } } })).toEqual({
      status: 0,
      err: '',
      out: `{
  "ociVersion": "1.2.0",
  "id": "c1",
  "pid": 77,
  "status": "running",
  "bundle": "/bundle",
  "rootfs": "/bundle/rootfs",
  "created": "2024-01-02T15:04:05.000000000Z",
  "annotations": {
    "k": "v"
  },
  "owner": "root",
  "systemd-scope": "s.scope"
}
`,
    })
  })

  it.each([
    ['creating', 'creating', 77],
    ['created', 'created', 77],
    ['pausing', 'running', 77],
    ['paused', 'paused', 77],
    ['stopped', 'stopped', 0],
    ['checkpointed', 'stopped', 0],
  ] as const)('shows %s as %s', async (status, shown, pid) => {
    const document = JSON.parse((await teuOci(['state', 'c1'], { c1: { status, record: { annotations: {} } } })).out) as object
    expect(document).toMatchObject({ status: shown, pid })
    expect(document).not.toHaveProperty('annotations')
  })

  it('tells how the program ended when somebody saw it', async () => {
    const exit = { ...REPORT, exitCode: 137, status: 137, oomKilled: true, exitedAt: new Date(0) }
    expect(JSON.parse((await teuOci(['state', 'c1'], { c1: { status: 'stopped', exit } })).out)).toMatchObject({
      exitCode: 137,
      exitedAt: '1970-01-01T00:00:00.000Z',
      oomKilled: true,
    })
  })

  it('prints nothing on stdout for an unknown container', async () => {
    const { status, out, err } = await teuOci(['state', 'nope'])
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toContain('does not exist')
  })
})

describe('list', () => {
  it('prints a table', async () => {
    expect((await teuOci(['list'], { c1: {}, c2: { status: 'stopped' } })).out).toBe(
      'ID          PID         STATUS      BUNDLE      CREATED                          OWNER\n' +
        'c1          77          running     /bundle     2024-01-02T15:04:05.000000000Z   root\n' +
        'c2          0           stopped     /bundle     2024-01-02T15:04:05.000000000Z   root\n',
    )
  })

  it('prints JSON on one line, an empty array when there is nothing', async () => {
    expect((await teuOci(['list', '-f', 'json'], {})).out).toBe('[]\n')
    const { out } = await teuOci(['list', '--format=json'], { c1: {}, c2: {} })
    expect(out.trimEnd()).not.toContain('\n')
    expect(JSON.parse(out)).toMatchObject([{ id: 'c1' }, { id: 'c2', pid: 77 }])
  })

  it('prints ids only with -q', async () => {
    expect((await teuOci(['list', '-q'], { c1: {}, c2: {} })).out).toBe('c1\nc2\n')
  })

  it('refuses a root that was named and is not there, and unknown formats', async () => {
    expect(await teuOci(['--root', '/nowhere/teu', 'list'])).toMatchObject({ status: 1, out: '' })
    expect(await teuOci(['list', '--format', 'yaml'])).toMatchObject({ status: 1, out: '' })
  })
})

describe('ps', () => {
  it('prints host pids as JSON', async () => {
    expect((await teuOci(['ps', '--format', 'json', 'c1'], { c1: { pids: [3, 1, 2] } })).out).toBe('[3,1,2]\n')
    expect((await teuOci(['ps', '-f', 'json', 'c1'])).out).toBe('[]\n')
  })

  it('prints the rows of the host’s ps, with the options that follow the id', async () => {
    const { status, out } = await teuOci(['ps', 'c1', '-o', 'pid,comm', '-p', String(process.pid)], { c1: { pids: [process.pid] } })
    expect(status).toBe(0)
    expect(out).toMatch(new RegExp(`^ *PID COMMAND\n *${process.pid} .+\n$`))
  })
})

describe('events', () => {
  it('prints statistics once, with exact numbers', async () => {
    expect((await teuOci(['events', '--stats', 'c1'])).out).toBe(
      '{"type":"stats","id":"c1","data":{"pids":{"current":1,"limit":18446744073709551615}}}\n',
    )
  })

  it('prints out-of-memory events and ends with the container', async () => {
    expect(await teuOci(['events', '--interval', '10s', 'c1'])).toEqual({ status: 0, out: '{"type":"oom","id":"c1"}\n', err: '' })
  })

  it.each([
    [['events', '--interval', '0s', 'c1'], 'running', '--interval: expected a duration above 0'],
    [['events', 'c1'], 'stopped', 'container with id c1 is not running'],
  ] as const)('refuses %j', async (args, status, message) => {
    const result = await teuOci(args, { c1: { status } })
    expect(result).toMatchObject({ status: 1, out: '' })
    expect(result.err).toContain(message)
  })
})

describe('features', () => {
  it('prints what the runtime knows with four spaces of indent', async () => {
    const { status, out, err } = await teuOci(['features'])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out.startsWith('{\n    "ociVersionMin": "1.0.0",\n    "ociVersionMax": "1.3.0",\n')).toBe(true)
    expect(JSON.parse(out)).toMatchObject({
      hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
      mountOptions: ['bind', 'rw'],
      linux: {
        seccomp: { enabled: true, actions: expect.arrayContaining(['SCMP_ACT_NOTIFY']) },
        mountExtensions: { idmap: { enabled: true } },
      },
      potentiallyUnsafeConfigAnnotations: ['org.systemd.property.'],
    })
  })
})

describe('spec', () => {
  it('writes a config once, indented by tabs, and checks it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'teu-spec-'))
    expect(await teuOci(['spec', '--bundle', directory])).toEqual({ status: 0, out: '', err: '' })
    const text = readFileSync(join(directory, 'config.json'), 'utf8')
    expect(text.startsWith('{\n\t"ociVersion": "1.3.0",\n\t"process": {\n\t\t"terminal": true,')).toBe(true)
    expect(parseSpec(text).root?.path).toBe('rootfs')
    const again = await teuOci(['spec', '-b', directory])
    expect(again.status).toBe(1)
    expect(again.err).toContain('it exists already')
    expect(await teuOci(['spec', '--validate', '-b', directory])).toEqual({ status: 0, out: '', err: '' })
    expect((await teuOci(['spec', '--validate', '-f', join(directory, 'nope')])).status).toBe(1)
    await teuOci(['spec', '--rootless', '-f', join(directory, 'rootless.json')])
    const rootless = parseSpec(readFileSync(join(directory, 'rootless.json')))
    expect(rootless.linux?.uidMappings).toEqual([{ containerID: 0, hostID: 0, size: 1 }])
    rmSync(directory, { recursive: true })
  })
})

describe('failures', () => {
  it('carry step, errno, path, pointer and remedy in the JSON log on stderr', async () => {
    const failure = new TeuError('ERR_TEU_PROCESS_START', 'exec: "x": permission denied', {
      step: { index: 9, op: 'exec', stage: 'container' },
      errno: 'EACCES',
      path: '/x',
      pointer: '/process/args/0',
      remedy: 'Make it executable',
    })
    const { err } = await teuOci(['--log-format', 'json', 'start', 'c1'], { c1: { failures: { start: failure } } })
    expect(JSON.parse(err)).toMatchObject({
      msg: failure.message,
      errno: 'EACCES',
      path: '/x',
      pointer: '/process/args/0',
      step: { op: 'exec' },
    })
  })
})
