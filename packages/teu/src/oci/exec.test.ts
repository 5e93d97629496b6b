import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Process } from '@teu/spec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ExecOptions } from '../cli/library.ts'
import { fakeIo } from '../testing/fake-io.ts'
import { fakeLibrary, REPORT } from '../testing/fake-library.ts'
import { runOci } from './main.ts'

let directory: string
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'teu-exec-'))))
afterEach(() => rmSync(directory, { recursive: true }))

async function exec(...args: string[]) {
  const io = fakeIo(['exec', ...args], { env: { LISTEN_FDS: '1', LISTEN_PID: '4242' } })
  const library = fakeLibrary({ c1: { exit: { ...REPORT, exitCode: 7, status: 7 } } })
  const status = await runOci(io, library)
  return { status, ...io.written, options: library.acts[0]?.[1] as ExecOptions | undefined }
}

describe('exec', () => {
  it('leaves everything after the id to the program', async () => {
    const { status, options } = await exec('-e', 'B=2', 'c1', 'ls', '-t', '--', '--detach')
    expect(status).toBe(7)
    expect(options?.process).toMatchObject({ args: ['ls', '-t', '--', '--detach'], terminal: false, env: ['PATH=/bin', 'A=1', 'B=2'] })
    expect(options).toMatchObject({ stdio: 'inherit', detach: false, forwardSignals: true })
    expect(options).not.toHaveProperty('extraFds')
  })

  it('returns at once with --detach', async () => {
    const { status, options } = await exec('-d', '--pid-file', 'pid', '--ignore-paused', '--cgroup', 'a', 'c1', 'ls')
    expect(status).toBe(0)
    expect(options).toMatchObject({ detach: true, forwardSignals: false, pidFile: '/work dir/pid', ignorePaused: true, subCgroup: 'a' })
  })

  it('takes the whole process from a file', async () => {
    const file = join(directory, 'process.json')
    const process: Process = { args: ['id'], cwd: '/', user: { uid: 1, gid: 2 }, env: ['X=1'] }
    writeFileSync(file, JSON.stringify(process))
    const { status, options } = await exec('--process', file, '--detach', 'c1')
    expect(status).toBe(0)
    expect(options?.process).toEqual(process)
  })

  it.each([
    ['{', /process\.json/],
    ['{"args": "id", "cwd": "/"}', /args: expected/],
  ])('refuses the process %s', async (text, message) => {
    const file = join(directory, 'process.json')
    writeFileSync(file, text)
    const { status, err, options } = await exec('--process', file, 'c1')
    expect({ status, options }).toEqual({ status: 255, options: undefined })
    expect(err).toMatch(message)
  })

  it('says that a process file is missing without the phrase for a missing program', async () => {
    const { status, err } = await exec('--process', join(directory, 'nope'), 'c1')
    expect(status).toBe(255)
    expect(err).toContain('it does not exist')
    expect(err).not.toContain('no such file or directory')
  })

  it.each([
    [['-t', '-d', 'c1', 'sh'], 'a detached process with a terminal needs --console-socket'],
    [['-t', '--console-socket', '/s', 'c1', 'sh'], '--console-socket: cannot be used in the foreground'],
    [['-d', '--console-socket', '/s', 'c1', 'sh'], '--console-socket: the process has no terminal'],
    [['-u', 'root', 'c1', 'sh'], '--user: expected a whole number'],
  ])('refuses %j', async (args, message) => {
    const { status, err, options } = await exec(...args)
    expect({ status, options }).toEqual({ status: 255, options: undefined })
    expect(err).toContain(message)
  })

  it('hands the terminal over a console socket when nobody stays', async () => {
    expect((await exec('-t', '-d', '--console-socket', 's', 'c1', 'sh')).options).toMatchObject({
      consoleSocket: '/work dir/s',
      process: { terminal: true },
    })
  })
})
