import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TeuError } from '../error.ts'
import { parseSpec, validateSpec } from '../validate.ts'

const FULL = readFileSync(new URL('../../test/full-config.json', import.meta.url), 'utf8')

/** The refusal of a config, always one with the right code; undefined when it is accepted. */
function refusal(validate: () => unknown): TeuError | undefined {
  try {
    validate()
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ name: 'TeuError', code: 'ERR_TEU_CONFIG_INVALID' })
    return error as TeuError
  }
}

describe('id maps', () => {
  const check = (map: unknown[]) =>
    refusal(() =>
      validateSpec({
        ociVersion: '1.0.0',
        root: { path: 'r' },
        linux: { namespaces: [{ type: 'user' }], uidMappings: map, gidMappings: [{ containerID: 0, hostID: 0, size: 4294967295 }] },
      }),
    )
  const line = (containerID: unknown, hostID: unknown, size: unknown) => ({ containerID, hostID, size })

  it.each([1, 2, 5, 50, 340])('%i lines with gaps are fine', (count) => {
    expect(check(Array.from({ length: count }, (_, i) => line(i * 10, 100000 + i * 10, 5)))).toBeUndefined()
  })

  it.each<[string, unknown[]]>([
    ['341 lines', Array.from({ length: 341 }, (_, i) => line(i, i, 1))],
    ['none', []],
    ['size 0', [line(0, 0, 0)]],
    ['overlap inside', [line(0, 100, 10), line(9, 200, 10)]],
    ['overlap outside', [line(0, 100, 10), line(20, 105, 1)]],
    ['a range within another', [line(0, 100, 10), line(5, 300, 1)]],
    ['an end beyond the last id', [line(4294967290, 0, 6)]],
    ['an end beyond 32 bits', [line(10, 0, 4294967295)]],
    ['negative', [line(-1, 0, 1)]],
    ['the id that is none', [line(4294967295, 0, 1)]],
    ['no size', [{ containerID: 0, hostID: 0 }]],
  ])('%s is refused', (_name, map) => {
    expect(check(map)?.pointer).toMatch(/^\/linux\/uidMappings/)
  })

  it('the process must be in the map', () => {
    const spec = parseSpec(FULL) as unknown as { process: { user: unknown } }
    for (const [user, pointer] of [
      [{ uid: 1001, gid: 0 }, '/process/user/uid'],
      [{ uid: 1000, gid: 65536 }, '/process/user/gid'],
      [{ uid: 0, gid: 0, additionalGids: [5, 70000] }, '/process/user/additionalGids/1'],
    ] as const) {
      expect(refusal(() => validateSpec({ ...spec, process: { ...spec.process, user } }))?.pointer).toBe(pointer)
    }
  })
})
