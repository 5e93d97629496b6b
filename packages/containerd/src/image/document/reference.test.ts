import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { normalizeReference } from './reference.ts'

const digest = digestOf('x')

describe('normalizeReference()', () => {
  test.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['user/app', 'docker.io/user/app:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['index.docker.io/user/app', 'docker.io/user/app:latest'],
    ['localhost/app:V1', 'localhost/app:V1'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['ghcr.io/a/b_c/d--e', 'ghcr.io/a/b_c/d--e:latest'],
    ['[::1]:5000/app:x', '[::1]:5000/app:x'],
    [`app@${digest}`, `docker.io/library/app@${digest}`],
    [`r.io/app:1@${digest}`, `r.io/app:1@${digest}`],
  ])('%s', (name, full) => expect(normalizeReference(name)).toBe(full))

  test.each(['', 'App', 'a//b', 'a:', ':a', 'a@sha256:12', 'a b', '../a', 'a/..', 'x.io/', 'a'.repeat(1100), 'a:b:c', 'a\nb'])(
    'refuses %#',
    (name) => {
      expect(() => normalizeReference(name)).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
    },
  )

  test('leaves its own results as they are', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9./:_-]{1,30}$/), (name) => {
        let full: string
        try {
          full = normalizeReference(name)
        } catch {
          return
        }
        expect(normalizeReference(full)).toBe(full)
      }),
    )
  })
})
