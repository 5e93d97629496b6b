import { describe, expect, it } from 'vitest'
import { watchRequestOf, type WatchValues } from '../watch-options.ts'

describe('teu watch --web', () => {
  it('takes any free port, or the one that is named', () => {
    expect(watchRequestOf({}).web).toBeUndefined()
    expect(watchRequestOf({ web: true }).web).toEqual({ port: 0 })
    expect(watchRequestOf({ web: true, port: '8080' }).web).toEqual({ port: 8080 })
  })

  it.each<[WatchValues, string]>([
    [{ port: '80' }, '--port: there is no page without --web'],
    [{ web: true, port: '0' }, '--port: expected a number from 1 to 65535, got "0"'],
    [{ web: true, port: '65536' }, '--port: expected a number from 1 to 65535'],
    [{ web: true, port: '1e3' }, '--port: expected a number'],
    [{ web: true, port: '' }, '--port: expected a number'],
    [{ web: true, port: '0.0.0.0:80' }, '--port: expected a number'],
    [{ web: true, plain: true }, '--web: cannot be used with --plain'],
    [{ web: true, format: 'json' }, '--web: cannot be used with --format'],
    [{ web: true, 'no-trunc': true }, '--web: cannot be used with --no-trunc'],
  ])('refuses %j', (values, message) => {
    expect(() => watchRequestOf(values)).toThrow(message)
  })
})
