import { isTeuError } from '@teu/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeControl, encodePipeRequest, encodePlan, planSteps } from './encode-plan.ts'
import { STEPS_SCHEMA } from './schema.gen.ts'
import { MAX_STEPS, NO_SLOT, type Plan, SLOT_COUNT, type Step } from './steps.ts'

const plan = (...parent: Step[]): Plan => ({ parent, joiner: [], container: [], after: [] })
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The error that encoding this step gives. */
function refusal(step: Step): unknown {
  try {
    encodePlan(plan(step), { tag: 1 })
  } catch (error) {
    return error
  }
  return undefined
}

describe('encodePlan()', () => {
  it('writes header, count, steps and fields as protocol.md lists them', () => {
    const bytes = encodePlan(
      {
        parent: [{ op: 'open', slot: 3, path: '/é', flags: 0x80000, mode: 0o644 }],
        joiner: [],
        container: [{ op: 'setsid' }],
        after: [{ op: 'rlimit', resource: 7, soft: 2n ** 64n - 1n, hard: 5 }],
      },
      { tag: 0xfeedbeef, trace: true },
    )
    const expected = [
      [bytes.length, 0x31554554, STEPS_SCHEMA],
      ['u16', 1, 1],
      [0xfeedbeef, 3],
      // open
      [4 + 8 + 4 + (4 + 3 + 1) + 4 + 4],
      ['u16', 1, 0],
      [0, 3, 3],
      ['raw', 0x2f, 0xc3, 0xa9, 0],
      [0x80000, 0o644],
      // setsid
      [12],
      ['u16', 84, 2],
      [1],
      // rlimit
      [4 + 8 + 4 + 8 + 8],
      ['u16', 36, 3],
      [2, 7, 0xffff_ffff, 0xffff_ffff, 5, 0],
    ]
    const wire = expected.flatMap((words) => {
      if (words[0] === 'raw') return words.slice(1) as number[]
      const size = words[0] === 'u16' ? 2 : 4
      const numbers = (size === 2 ? words.slice(1) : words) as number[]
      return numbers.flatMap((number) => Array.from({ length: size }, (_, i) => Math.floor(number / 2 ** (8 * i)) & 0xff))
    })
    expect([...bytes]).toEqual(wire)
  })

  it('numbers steps as planSteps() does', () => {
    const steps: Step[] = ['a', 'b', 'c', 'd'].map((path) => ({ op: 'unlink', path }))
    const [a, b, c, d] = steps as [Step, Step, Step, Step]
    expect(planSteps({ after: [d], container: [c], joiner: [b], parent: [a] })).toEqual(steps)
  })

  it('refuses values that would arrive as something else, and names their place', () => {
    const cases: [Step, string][] = [
      [{ op: 'unlink', path: '/a\0b', pointer: '/x/0' }, 'unlink.path: expected a string without NUL characters'],
      [{ op: 'unlink', path: `${'long '.repeat(20)}\0` }, 'unlink.path: expected a string without NUL characters'],
      [{ op: 'unlink', path: 'half \ud83d' }, 'unlink.path: expected a well-formed string'],
      [{ op: 'rlimit', resource: -1, soft: 0, hard: 0 }, 'rlimit.resource: expected an integer from 0 to 4294967295, got -1'],
      [{ op: 'rlimit', resource: 0, soft: -1n, hard: 0 }, 'rlimit.soft: expected an integer from 0 to 18446744073709551615, got -1'],
      [{ op: 'rlimit', resource: 0, soft: 2n ** 64n, hard: 0 }, 'rlimit.soft'],
      [{ op: 'rlimit', resource: 0, soft: 0, hard: 2 ** 53 }, 'rlimit.hard: expected an exact integer, got 9007199254740992'],
      [{ op: 'umask', mask: 1.5 }, 'umask.mask'],
      [{ op: 'umask', mask: 2 ** 32 }, 'umask.mask'],
      [{ op: 'scheduler', policy: 0, nice: 2 ** 31, priority: 0, flags: 0, runtimeNs: 0, deadlineNs: 0, periodNs: 0 }, 'scheduler.nice'],
      [{ op: 'close', slot: SLOT_COUNT }, `close.slot: expected a slot from 0 to ${SLOT_COUNT - 1}, got ${SLOT_COUNT}`],
      [{ op: 'close', slot: -2 }, 'close.slot'],
      [{ op: 'exec', args: ['a', 'b\0'], env: [], fds: [], listenPid: false }, 'exec.args'],
    ]
    for (const [step, message] of cases) {
      const error = refusal(step)
      expect(isTeuError(error, 'ERR_TEU_CONFIG_INVALID'), message).toBe(true)
      expect((error as Error).message).toContain(`Cannot pass on ${message}`)
    }
    expect(refusal(cases[0]?.[0] as Step)).toMatchObject({ pointer: '/x/0' })
    expect(refusal({ op: 'close', slot: NO_SLOT })).toBeUndefined()
  })

  it('passes every string on byte for byte', () => {
    const wellFormed = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(wellFormed, { maxLength: 20 }), (args) => {
        const bytes = encodePlan(plan({ op: 'exec', args, env: [], fds: [], listenPid: false }), { tag: 1 })
        const body = view(bytes)
        let at = 24 + 12
        expect(body.getUint32(at, true)).toBe(args.length)
        at += 4
        for (const arg of args) {
          const size = body.getUint32(at, true)
          expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at + 4, at + 4 + size))).toBe(arg)
          expect(bytes[at + 4 + size]).toBe(0)
          at += 4 + size + 1
        }
      }),
    )
  })

  it('refuses plans that are too large, before teu-init has to', () => {
    const large: Step = { op: 'unlink', path: 'x'.repeat(16 * 1024 * 1024) }
    expect(() => encodePlan(plan(large), { tag: 1 })).toThrow('Cannot run a plan of 16777257 bytes: 16777216 is the limit')
    const many = Array.from({ length: MAX_STEPS + 1 }, (): Step => ({ op: 'setsid' }))
    expect(() => encodePlan(plan(...many), { tag: 1 })).toThrow('Cannot run a plan of 65537 steps: 65536 is the limit')
  })
})

describe('other requests', () => {
  it('encodePipeRequest() has slot, direction and path', () => {
    const bytes = encodePipeRequest({ tag: 2, slot: 9, containerReads: true, path: '/f' })
    expect(bytes).toHaveLength(20 + 4 + 4 + 4 + 2 + 1)
    expect([12, 16, 20, 24, 28].map((at) => view(bytes).getUint32(at, true))).toEqual([2, 2, 9, 1, 2])
    expect(() => encodePipeRequest({ tag: 2, slot: 9, containerReads: false, path: 'a\0' })).toThrow('Cannot pass on the path of a pipe')
  })

  it('encodeControl() has 32 bytes', () => {
    const bytes = encodeControl({ tag: 3, what: 'resize', a: 24, b: 80 })
    expect(bytes).toHaveLength(32)
    expect([12, 16, 20, 24, 28].map((at) => view(bytes).getUint32(at, true))).toEqual([3, 3, 2, 24, 80])
  })
})
