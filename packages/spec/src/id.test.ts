import { describe, expect, it } from 'vitest'
import { checkContainerId } from './id.ts'

describe('checkContainerId()', () => {
  it.each(['a', '0', '_', '+', '-', '-a', 'a.b', 'A_b+c-9.x', 'con', 'x'.repeat(255), 'x'.repeat(1024)])('accepts %.20j', (id) => {
    expect(() => checkContainerId(id)).not.toThrow()
  })

  const dots = ['', '.', '..', '...', '.a', 'a/b', '../x', '/a', 'a/', 'a\\b', '%2e%2e']
  const spaces = ['a b', ' a', 'a ', 'a\t', 'a\n', '\na', 'a\0', 'a\r']
  const lookalikes = ['ä', 'а', 'ａ', 'a\u200b', '😀']
  const signs = Array.from('*?$`;|&~\'"()[]{}:,=@!#^<>', (sign) => `a${sign}b`)
  const others = ['x'.repeat(1025), undefined, null, 5, {}, ['a']]
  const bad: unknown[] = [...dots, ...spaces, ...lookalikes, ...signs, ...others]
  it.each(bad)('refuses %.20j', (id) => {
    expect(() => checkContainerId(id)).toThrow(
      expect.objectContaining({ code: 'ERR_TEU_INVALID_ID', message: expect.stringMatching(/^invalid container ID format: .{1,80}$/) }),
    )
  })
})
