import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultSpec, stringifyJson, TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { fakeIo } from '../testing/fake-io.ts'
import { type FakeContainer, fakeLibrary, REPORT } from '../testing/fake-library.ts'
import { runOci } from './main.ts'

async function teuOci(args: readonly string[], env: Record<string, string> = {}, c1: FakeContainer = {}) {
  const io = fakeIo(args, { env })
  const library = fakeLibrary({ c1 })
  const status = await runOci(io, library)
  return { status, ...io.written, acts: library.acts }
}

describe('create', () => {
  it('uses the current directory as the bundle', async () => {
    expect(await teuOci(['create', 'c1'])).toMatchObject({
      status: 0,
      out: '',
      err: '',
      acts: [['create', 'c1', { bundle: '/work dir', stdio: 'inherit' }]],
    })
  })

  it('makes every path absolute before anything else', async () => {
    const line = ['create', '--bundle', 'b', '--console-socket', 's', '--pidfd-socket', 'p', '--pid-file', '../pid', 'c1']
    expect((await teuOci(line)).acts).toEqual([
      [
        'create',
        'c1',
        { bundle: '/work dir/b', stdio: 'inherit', consoleSocket: '/work dir/s', pidfdSocket: '/work dir/p', pidFile: '/pid' },
      ],
    ])
  })

  it('passes the flags on and accepts those of other runtimes', async () => {
    const { acts } = await teuOci(['create', '--no-pivot', '--no-new-keyring', '-no-subreaper', 'c1'], { NOTIFY_SOCKET: '/run/n' })
    expect(acts[0]?.[2]).toMatchObject({ noPivot: true, noNewKeyring: true, notifySocket: '/run/n' })
  })

  it('reads another config when it is told to', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'teu-create-'))
    const file = join(directory, 'other.json')
    writeFileSync(file, stringifyJson(defaultSpec()))
    const { acts } = await teuOci(['create', '-f', file, 'c1'])
    expect(acts[0]?.[2]).toMatchObject({ spec: { root: { path: 'rootfs' } } })
    writeFileSync(file, '{"ociVersion": 3}')
    expect(await teuOci(['create', '-f', file, 'c1'])).toMatchObject({ status: 1, acts: [] })
    rmSync(directory, { recursive: true })
  })

  it('prints the plan and does nothing with --dry-run', async () => {
    expect(await teuOci(['create', '--dry-run', 'c1'])).toMatchObject({ status: 0, out: 'plan of c1 as text\n', acts: [] })
  })

  it('gives the library a deadline with --timeout', async () => {
    const { acts } = await teuOci(['create', '--timeout', '10s', 'c1'])
    expect(acts[0]?.[2]).toMatchObject({ signal: { aborted: false } })
  })

  it('names a descriptor that it cannot pass on', async () => {
    expect(await teuOci(['create', '--preserve-fds', '900', 'c1'])).toMatchObject({ status: 1, acts: [] })
  })
})

describe('run', () => {
  it('exits with the status of the program', async () => {
    const killed = { ...REPORT, exitCode: undefined, signal: 'SIGKILL', status: 137 }
    const { status, acts } = await teuOci(['run', '--keep', 'c1'], {}, { exit: killed as never })
    expect(status).toBe(137)
    expect(acts).toEqual([['run', 'c1', { bundle: '/work dir', stdio: 'inherit', keep: true, forwardSignals: true }]])
  })

  it('only creates and starts with --detach', async () => {
    const { status, acts } = await teuOci(['run', '-d', '--console-socket', '/s', 'c1'])
    expect(status).toBe(0)
    expect(acts.map(([method]) => method)).toEqual(['create', 'start'])
    expect(acts[0]?.[2]).toMatchObject({ consoleSocket: '/s' })
  })

  it('cleans up after a start that failed, with --keep too', async () => {
    const start = new TeuError('ERR_TEU_PROCESS_START', 'exec: "x": permission denied')
    const { status, err, acts } = await teuOci(['run', '-d', '--keep', 'c1'], {}, { failures: { start } })
    expect(status).toBe(1)
    expect(err).toContain('permission denied')
    expect(acts.at(-1)).toEqual(['destroy', { force: true }])
  })

  it('refuses a console socket in the foreground', async () => {
    const { status, err, acts } = await teuOci(['run', '--console-socket', '/s', 'c1'])
    expect({ status, acts }).toEqual({ status: 1, acts: [] })
    expect(err).toContain('--console-socket: cannot be used in the foreground')
  })
})

describe('explain', () => {
  it('hides the values of environment variables unless told otherwise', async () => {
    expect(await teuOci(['explain', '--show-env'])).toMatchObject({ status: 0, out: 'plan of explain as text with values\n' })
  })

  it('prints the plan of a bundle', async () => {
    expect(await teuOci(['explain', '-b', '/b', '--format', 'json', 'c1'])).toMatchObject({
      status: 0,
      out: 'plan of c1 as json\n',
      acts: [],
    })
  })
})
