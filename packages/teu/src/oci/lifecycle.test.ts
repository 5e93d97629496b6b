import { TeuError } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { fakeIo } from '../testing/fake-io.ts'
import { type FakeContainer, fakeLibrary, REPORT } from '../testing/fake-library.ts'
import { runOci } from './main.ts'

async function teuOci(args: readonly string[], containers: Record<string, FakeContainer> = { c1: {} }, input = '') {
  const io = fakeIo(args, { input: () => input })
  const library = fakeLibrary(containers)
  const status = await runOci(io, library)
  return { status, ...io.written, acts: library.acts }
}

const notRunning = new TeuError('ERR_TEU_NOT_RUNNING', 'container not running')

describe('kill', () => {
  it.each([
    [['kill', 'c1'], 15, false],
    [['kill', 'c1', 'KILL'], 9, false],
    [['kill', 'c1', 'sigusr1'], 10, false],
    [['kill', 'c1', '0'], 0, false],
    [['kill', '--all', 'c1', '9'], 9, true],
    [['kill', '-a', 'c1', 'SIGRTMIN+3'], 37, true],
  ])('%j', async (args, signal, all) => {
    expect(await teuOci(args)).toMatchObject({ status: 0, out: '', err: '', acts: [['kill', signal, { all }]] })
  })

  it('refuses what is no signal', async () => {
    expect(await teuOci(['kill', 'c1', 'NOPE'])).toMatchObject({ status: 1, acts: [] })
  })

  it('fails with the phrase that engines look for when the container is dead', async () => {
    const { status, err } = await teuOci(['kill', 'c1'], { c1: { failures: { kill: notRunning } } })
    expect(status).toBe(1)
    expect(err).toContain('container not running')
  })

  it('takes it for done with --all', async () => {
    expect(await teuOci(['kill', '--all', 'c1', '9'], { c1: { failures: { kill: notRunning } } })).toMatchObject({ status: 0, err: '' })
  })

  it('reaches every container that --regex matches, also after a failure', async () => {
    const { status, err, acts } = await teuOci(['kill', '--regex', '^a', '9'], { a1: { failures: { kill: notRunning } }, a2: {}, b1: {} })
    expect({ status, kills: acts.length }).toEqual({ status: 1, kills: 2 })
    expect(err.match(/level=error/g)).toHaveLength(1)
  })
})

describe('delete', () => {
  it('removes a stopped container', async () => {
    expect(await teuOci(['delete', 'c1'])).toMatchObject({ status: 0, err: '', acts: [['remove', 'c1', undefined]] })
  })

  it.each([
    ['running', 'ERR_TEU_RUNNING', 'running'],
    ['pausing', 'ERR_TEU_PAUSED', 'running'],
    ['paused', 'ERR_TEU_PAUSED', 'paused'],
  ] as const)('says that a %s container is not stopped', async (status, code, word) => {
    const { status: exit, err } = await teuOci(['delete', 'c1'], { c1: { status, failures: { remove: new TeuError(code, 'no') } } })
    expect(exit).toBe(1)
    expect(err).toContain(`cannot delete container c1 that is not stopped: ${word}`)
  })

  it('fails for an unknown container, unless forced', async () => {
    expect(await teuOci(['delete', 'nope'])).toMatchObject({ status: 1 })
    expect(await teuOci(['delete', '--force', 'nope'])).toMatchObject({ status: 0, out: '', err: '' })
  })

  it('removes every container that --regex matches', async () => {
    const { acts } = await teuOci(['delete', '-f', '--regex', '1$'], { a1: {}, a2: {}, b1: {} })
    expect(acts.map(([, id]) => id)).toEqual(['a1', 'b1'])
  })
})

describe('pause and resume', () => {
  it.each([
    ['pause', 'running'],
    ['pause', 'created'],
    ['resume', 'paused'],
  ] as const)('%s a %s container', async (command, status) => {
    expect(await teuOci([command, 'c1'], { c1: { status } })).toMatchObject({ status: 0, err: '', acts: [[command]] })
  })

  it.each([
    ['pause', 'paused', 'container paused'],
    ['pause', 'pausing', 'container paused'],
    ['resume', 'running', 'container not paused'],
    ['resume', 'created', 'container not paused'],
  ] as const)('refuse to %s a %s container', async (command, status, message) => {
    const result = await teuOci([command, 'c1'], { c1: { status } })
    expect(result).toMatchObject({ status: 1, acts: [] })
    expect(result.err).toContain(message)
  })
})

describe('update', () => {
  it('passes what the flags say', async () => {
    expect((await teuOci(['update', '--memory', '1k', 'c1'])).acts).toEqual([['update', { memory: { limit: 1024 } }]])
  })

  it('reads resources from stdin, ignores flags and devices, and lets null take a limit back', async () => {
    const json = '{"memory": {"limit": 9223372036854775807}, "cpu": {"quota": null}, "devices": [{"allow": true}]}'
    expect((await teuOci(['update', '--memory', '1k', '--resources=-', 'c1'], { c1: {} }, json)).acts).toEqual([
      ['update', { memory: { limit: 9223372036854775807n }, cpu: { quota: null } }],
    ])
  })

  it.each(['{', '{"memory": {"limit": "1"}}', '[]'])('refuses %s', async (json) => {
    expect(await teuOci(['update', '-r', '-', 'c1'], { c1: {} }, json)).toMatchObject({ status: 1, acts: [] })
  })

  it('refuses a line that changes nothing', async () => {
    expect(await teuOci(['update', 'c1'])).toMatchObject({ status: 1, acts: [] })
  })

  it('does without limits that kernels no longer have', async () => {
    expect(await teuOci(['update', '--kernel-memory', '1m', '--pids-limit', '5', 'c1'])).toMatchObject({
      status: 0,
      err: '',
      acts: [['update', { pids: { limit: 5 } }]],
    })
  })
})

describe('wait', () => {
  it('prints the exit status', async () => {
    expect(await teuOci(['wait', 'c1'], { c1: { exit: { ...REPORT, exitCode: 3, status: 3 } } })).toMatchObject({ status: 0, out: '3\n' })
  })

  it('does not guess', async () => {
    const unseen = { oomKilled: false, seccompKilled: false, timedOut: false }
    expect(await teuOci(['wait', 'c1'], { c1: { exit: unseen } })).toMatchObject({ status: 1, out: '' })
    const { out } = await teuOci(['wait', '--format', 'json', 'c1'], { c1: { exit: unseen } })
    expect(JSON.parse(out)).toEqual(unseen)
  })
})
