import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environmentOf } from './environment.ts'
import { checkRunLine, type RunValues, runRequestOf } from './run-options.ts'

const io = { cwd: '/work dir', env: { TERM: 'xterm', SECRET: 's' } }
const request = (values: RunValues, command: readonly string[] = ['sh']) => runRequestOf(values, command, io)

describe('runRequestOf()', () => {
  it('asks for nothing that was not given', () => {
    expect(request({ rootfs: 'host' })).toEqual({
      rootfs: 'host',
      command: ['sh'],
      env: [],
      mounts: [],
      readonly: false,
      capAdd: [],
      capDrop: [],
      terminal: false,
      interactive: false,
      capture: false,
      trace: false,
    })
  })

  it('reads every option', () => {
    expect(
      request({
        rootfs: 'alpine',
        interactive: true,
        tty: true,
        env: ['A=1', 'TERM', 'UNSET'],
        user: '1000:1000',
        workdir: '/srv',
        hostname: 'h',
        name: 'n',
        memory: '64m',
        cpus: '0.5',
        pids: '100',
        mount: ['type=tmpfs,dst=/t'],
        network: 'host',
        'read-only': true,
        'cap-add': ['CAP_NET_RAW'],
        'cap-drop': ['all'],
        'security-opt': ['seccomp=profile.json'],
        timeout: '10s',
        trace: true,
      }),
    ).toEqual({
      rootfs: '/work dir/alpine',
      command: ['sh'],
      env: ['A=1', 'TERM=xterm'],
      cwd: '/srv',
      user: '1000:1000',
      hostname: 'h',
      id: 'n',
      memoryBytes: 64 * 1024 ** 2,
      cpus: 0.5,
      pids: 100,
      mounts: [{ type: 'tmpfs', destination: '/t', readonly: false }],
      network: 'host',
      readonly: true,
      capAdd: ['CAP_NET_RAW'],
      capDrop: ['all'],
      seccomp: '/work dir/profile.json',
      terminal: true,
      interactive: true,
      capture: false,
      timeoutMs: 10_000,
      trace: true,
    })
  })

  it('captures the output for --format json', () => {
    expect(request({ rootfs: 'host', format: 'json' }).capture).toBe(true)
  })

  it('leaves the program to the bundle', () => {
    expect(request({ bundle: 'b' }, [])).toMatchObject({ bundle: '/work dir/b', command: [] })
  })

  it.each<[RunValues, readonly string[], string]>([
    [{}, ['sh'], 'the root file system is missing'],
    [{ rootfs: '' }, ['sh'], '--rootfs: expected'],
    [{ rootfs: 'host' }, [], 'the command to run is missing'],
    [{ bundle: '.', memory: '1g' }, [], '--memory: cannot be used with --bundle'],
    [{ bundle: '.' }, ['sh'], 'a command cannot be given with --bundle'],
    [{ rootfs: 'host', network: 'bridge' }, ['sh'], '--network: expected none or host, got "bridge"'],
    [{ rootfs: 'host', memory: 'much' }, ['sh'], '--memory: expected'],
    [{ rootfs: 'host', cpus: '0' }, ['sh'], '--cpus: expected'],
    [{ rootfs: 'host', cpus: '1e3' }, ['sh'], '--cpus: expected'],
    [{ rootfs: 'host', pids: '1.5' }, ['sh'], '--pids: expected'],
    [{ rootfs: 'host', timeout: '0' }, ['sh'], '--timeout: expected'],
    [{ rootfs: 'host', format: 'xml' }, ['sh'], '--format: expected json'],
    [{ rootfs: 'host', format: 'json', tty: true }, ['sh'], '--format json: cannot be used with --tty'],
    [{ rootfs: 'host', 'security-opt': ['label=disable'] }, ['sh'], '--security-opt: expected'],
    [{ rootfs: 'host', env: ['=x'] }, ['sh'], '--env: expected NAME=VALUE'],
  ])('refuses %j %j', (values, command, message) => {
    expect(() => (checkRunLine(values, command), request(values, command))).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_USAGE', message: expect.stringContaining(message) }),
    )
  })
})

describe('environmentOf()', () => {
  it('reads files first, so that an option wins', () => {
    const directory = mkdtempSync(join(tmpdir(), 'teu-env-'))
    writeFileSync(join(directory, 'env'), '# comment\nA=file\n\n  B=two words\r\nTERM\n')
    expect(environmentOf(['A=option', 'C=x=y\nz'], ['env'], io, (text) => join(directory, text))).toEqual([
      'A=option',
      'B=two words',
      'TERM=xterm',
      'C=x=y\nz',
    ])
    rmSync(directory, { recursive: true })
  })

  it('passes nothing of the caller that was not named', () => {
    expect(environmentOf(['*'], [], io, (text) => text)).toEqual([])
  })

  it('says which file it cannot read', () => {
    expect(() => environmentOf([], ['nope'], io, () => '/nowhere/env')).toThrow('--env-file: cannot read /nowhere/env: it does not exist')
  })
})
