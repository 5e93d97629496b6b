import type { Process } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import { execProcessOf, parseSubCgroup, parseUser } from './exec-process.ts'

const BASE: Process = {
  args: ['init'],
  cwd: '/srv',
  env: ['PATH=/bin', 'A=1'],
  user: { uid: 1000, gid: 2000, additionalGids: [5], umask: 0o27 },
  terminal: true,
  consoleSize: { height: 1, width: 2 },
  noNewPrivileges: true,
  capabilities: { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] },
}

describe('execProcessOf()', () => {
  it('takes over the process of the container, without its terminal', () => {
    expect(execProcessOf(BASE, {}, ['ls', '-l'])).toEqual({
      args: ['ls', '-l'],
      cwd: '/srv',
      env: ['PATH=/bin', 'A=1'],
      user: BASE.user,
      terminal: false,
      noNewPrivileges: true,
      capabilities: BASE.capabilities,
    })
  })

  it('appends to the environment, so that a later value wins', () => {
    expect(execProcessOf(BASE, { env: ['A=2', 'B=x=y'] }, ['sh']).env).toEqual(['PATH=/bin', 'A=1', 'A=2', 'B=x=y'])
  })

  it('applies the options', () => {
    const options = { cwd: '/tmp', tty: true, apparmor: 'p', 'process-label': 'l', 'no-new-privs': false, 'additional-gids': ['6', '7'] }
    expect(execProcessOf(BASE, options, ['sh'])).toMatchObject({
      cwd: '/tmp',
      terminal: true,
      apparmorProfile: 'p',
      selinuxLabel: 'l',
      noNewPrivileges: false,
      user: { uid: 1000, gid: 2000, additionalGids: [5, 6, 7] },
    })
  })

  it('keeps gid, groups and umask when only a uid is given', () => {
    expect(execProcessOf(BASE, { user: '0' }, ['sh']).user).toEqual({ uid: 0, gid: 2000, additionalGids: [5], umask: 0o27 })
  })

  it('adds capabilities to bounding, effective and permitted, never to inheritable', () => {
    expect(execProcessOf(BASE, { cap: ['CAP_NET_RAW', 'kill', 'CAP_NET_RAW'] }, ['sh']).capabilities).toEqual({
      bounding: ['CAP_KILL', 'CAP_NET_RAW'],
      effective: ['CAP_KILL', 'CAP_NET_RAW'],
      permitted: ['CAP_KILL', 'CAP_NET_RAW'],
    })
  })

  it('adds to ambient only what is inheritable already', () => {
    const base: Process = { ...BASE, capabilities: { inheritable: ['CAP_NET_RAW'], ambient: [] } }
    expect(execProcessOf(base, { cap: ['CAP_NET_RAW', 'CAP_CHOWN'] }, ['sh']).capabilities).toMatchObject({
      inheritable: ['CAP_NET_RAW'],
      ambient: ['CAP_NET_RAW'],
    })
  })

  it('refuses capabilities and groups that it does not understand', () => {
    expect(() => execProcessOf(BASE, { cap: ['CAP_NOPE'] }, ['sh'])).toThrow('--cap: unknown capability "CAP_NOPE"')
    expect(() => execProcessOf(BASE, { 'additional-gids': ['wheel'] }, ['sh'])).toThrow('--additional-gids: expected a whole number')
  })
})

/** Numbers are numbers: what is not plain decimal is refused, and only the digit 0 is user 0. */
describe('parseUser()', () => {
  it.each([
    ['0', { uid: 0 }],
    ['1', { uid: 1 }],
    ['1:1', { uid: 1, gid: 1 }],
    ['0:1', { uid: 0, gid: 1 }],
    ['2147483647', { uid: 2147483647 }],
    ['2147483648', { uid: 2147483648 }],
    ['4294967294', { uid: 4294967294 }],
  ])('reads "%s" exactly', (text, user) => {
    expect(parseUser(text)).toEqual(user)
  })

  it.each([
    '1:',
    ':1',
    '01',
    '+1',
    '-1',
    '0x1',
    '1e3',
    '1.0',
    '1x',
    ' 1',
    '1 ',
    '4294967295',
    '4294967296',
    '',
    ':',
    '1:1:1',
    '00',
    '-0',
    'root',
    '１',
  ])('refuses "%s"', (text) => {
    expect(() => parseUser(text)).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
  })
})

describe('parseSubCgroup()', () => {
  it('reads one path for all controllers', () => {
    expect(parseSubCgroup(['a/b'])).toBe('a/b')
  })

  it('reads a path per controller', () => {
    expect(parseSubCgroup(['cpu,cpuacct:x', 'name=systemd:y:z'])).toEqual({ cpu: 'x', cpuacct: 'x', 'name=systemd': 'y:z' })
  })

  it.each([[['a', 'b']], [['cpu:x', 'cpu:y']], [[':x']], [['../cpu:x']]])('refuses %j', (values) => {
    expect(() => parseSubCgroup(values)).toThrow(/^--cgroup: /)
  })
})
