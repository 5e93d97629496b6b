import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGroup, parsePasswd } from './accounts.ts'
import { resolveUser } from './resolve-user.ts'

const accounts = {
  users: parsePasswd(
    '# comment\nroot:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/:\r\n\nbroken\n:x:1:1::/:\n1234:x:7:8::/:\nbig:x:4294967295:0::/:\n',
  ),
  groups: parseGroup('root:x:0:root\nwheel:x:10:root,app\napp:x:1001:app\nvideo:x:44:app\nvideo2:x:44:app\n99:x:98:\n'),
}

describe('accounts', () => {
  test('lines that are none are passed over', () => {
    expect(accounts.users.map(({ name }) => name)).toEqual(['root', 'app', '1234'])
    expect(accounts.groups[1]).toEqual({ name: 'wheel', gid: 10, members: ['root', 'app'] })
    expect(parsePasswd('')).toEqual([])
  })

  test('no text makes them fail', () => {
    fc.assert(fc.property(fc.string(), (text) => [parsePasswd(text), parseGroup(text)].every((list) => Array.isArray(list))))
  })
})

describe('resolveUser()', () => {
  test.each([
    ['', { uid: 0, gid: 0, additionalGids: [10] }],
    ['app', { uid: 1000, gid: 1001, additionalGids: [10, 44] }],
    ['1000', { uid: 1000, gid: 1001, additionalGids: [10, 44] }],
    ['app:video', { uid: 1000, gid: 44 }],
    ['app:5', { uid: 1000, gid: 5 }],
    [':wheel', { uid: 0, gid: 10 }],
    ['app:', { uid: 1000, gid: 1001, additionalGids: [10, 44] }],
    ['5000', { uid: 5000, gid: 0 }],
    ['5000:6000', { uid: 5000, gid: 6000 }],
    // Names of digits come before numbers.
    ['1234', { uid: 7, gid: 8 }],
    ['0:99', { uid: 0, gid: 98 }],
  ])('%j', (text, user) => expect(resolveUser(text, accounts)).toEqual(user))

  test('without accounts only numbers work', () => {
    expect(resolveUser('', undefined)).toEqual({ uid: 0, gid: 0 })
    expect(resolveUser('12:34', undefined)).toEqual({ uid: 12, gid: 34 })
    expect(() => resolveUser('app', undefined)).toThrow(
      expect.objectContaining({
        code: 'ERR_TEU_CONFIG_INVALID',
        message: expect.stringContaining('cannot be read from here'),
        remedy: expect.any(String),
      }),
    )
  })

  test('says what there is not', () => {
    expect(() => resolveUser('nobody', accounts)).toThrow(`Cannot use user "nobody": it is not in the image's /etc/passwd`)
    expect(() => resolveUser('app:nogroup', accounts)).toThrow(`Cannot use group "nogroup": it is not in the image's /etc/group`)
    expect(() => resolveUser('4294967296', accounts)).toThrow('out of range')
    expect(() => resolveUser('-1', accounts)).toThrow(`"-1"`)
  })
})
