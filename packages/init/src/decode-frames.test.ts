import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameReader, splitWaitStatus } from './decode-frames.ts'
import { FRAMES, STAGES, STEPS, SYSCALLS } from './steps.ts'

interface Parts {
  kind: keyof typeof FRAMES
  stage?: keyof typeof STAGES
  step?: number
  op?: keyof typeof STEPS
  syscall?: (typeof SYSCALLS)[number]
  errno?: number
  a?: bigint
  b?: bigint
  payload?: Uint8Array
}

function frame({
  kind,
  stage = 'parent',
  step = 0xffff_ffff,
  op,
  syscall = '',
  errno = 0,
  a = 0n,
  b = 0n,
  payload = new Uint8Array(),
}: Parts): Uint8Array {
  const bytes = new Uint8Array(44 + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, FRAMES[kind], true)
  view.setUint16(6, STAGES[stage], true)
  view.setUint32(8, 77, true)
  view.setUint32(12, step, true)
  view.setUint16(16, op === undefined ? 0 : STEPS[op].op, true)
  view.setUint16(18, SYSCALLS.indexOf(syscall), true)
  view.setInt32(20, errno, true)
  view.setBigUint64(28, a, true)
  view.setBigUint64(36, b, true)
  bytes.set(payload, 44)
  return bytes
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const decode = (parts: Parts): unknown => new FrameReader().push(frame(parts))[0]

function words(...values: bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8)
  values.forEach((value, i) => new DataView(bytes.buffer).setBigUint64(i * 8, value, true))
  return bytes
}

describe('FrameReader', () => {
  it('decodes each kind', () => {
    const origin = { tag: 77, stage: 'parent', step: -1, op: '' }
    expect(decode({ kind: 'hello', a: 0xdeadbeefn, b: 12n })).toEqual({ ...origin, kind: 'hello', schema: 0xdeadbeef, pid: 12 })
    expect(decode({ kind: 'init', a: 5n, b: 2n ** 60n })).toEqual({ ...origin, kind: 'init', pid: 5, startTime: 2n ** 60n })
    expect(decode({ kind: 'created', a: 5n })).toEqual({ ...origin, kind: 'created', pid: 5 })
    expect(decode({ kind: 'started', a: 5n, stage: 'container', step: 3, op: 'exec' })).toEqual({
      tag: 77,
      stage: 'container',
      step: 3,
      op: 'exec',
      kind: 'started',
      pid: 5,
    })
    expect(decode({ kind: 'collected', payload: text('memory.peak\x0012345\n') })).toEqual({
      ...origin,
      kind: 'collected',
      name: 'memory.peak',
      content: '12345\n',
    })
    expect(decode({ kind: 'done', a: 2n })).toEqual({ ...origin, kind: 'done', failedCleanups: 2 })
    expect(decode({ kind: 'pipe_ready', a: 4n })).toEqual({ ...origin, kind: 'pipe_ready', slot: 4 })
    expect(decode({ kind: 'event', a: 2n ** 63n, b: 9n })).toEqual({ ...origin, kind: 'event', value: 2n ** 63n, timeNs: 9n })
  })

  it('names operation, call and errno of a failure', () => {
    const failed = {
      kind: 'failed',
      stage: 'container',
      step: 8,
      op: 'attach',
      syscall: 'move_mount',
      errno: 40,
      a: 9n,
      payload: text('/proc\0because ✓'),
    } as const
    expect(decode(failed)).toEqual({
      kind: 'failed',
      tag: 77,
      stage: 'container',
      step: 8,
      op: 'attach',
      syscall: 'move_mount',
      errno: 'ELOOP',
      path: '/proc',
      detail: 'because ✓',
      waitStatus: 9,
    })
  })

  it('reads usage and trace records', () => {
    const usage = new Uint8Array(4 + 56)
    usage[0] = 3
    usage.set(words(1n, 2n, 3n, 4n, 5n, 6n, 7n), 4)
    expect(decode({ kind: 'exited', a: 0x0300n, b: 10n, payload: usage })).toMatchObject({
      waitStatus: 0x300,
      endNs: 10n,
      flags: 3,
      usage: { userTimeUs: 1n, systemTimeUs: 2n, maxRssKib: 3n, minorFaults: 4n, majorFaults: 5n, blocksIn: 6n, blocksOut: 7n },
    })
    const trace = words(2n | (2n << 32n), 100n, 200n, 3n, 5n, 6n)
    expect(decode({ kind: 'trace', payload: trace })).toMatchObject({
      records: [
        { step: 2, stage: 'container', startNs: 100n, endNs: 200n },
        { step: 3, stage: 'parent', startNs: 5n, endNs: 6n },
      ],
    })
  })

  it('does not mind where the stream is cut, nor that its chunks are used again', () => {
    const stream = Buffer.concat([
      frame({ kind: 'hello', a: 1n, b: 2n }),
      frame({ kind: 'collected', payload: text('n\0'.padEnd(3000, 'x')) }),
      frame({ kind: 'done' }),
    ])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (sizes) => {
        const reader = new FrameReader()
        const kinds: string[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const chunk = Buffer.from(stream.subarray(at, at + (sizes[i % sizes.length] ?? 1)))
          kinds.push(...reader.push(chunk).map((one) => one.kind))
          at += chunk.length
          chunk.fill(0xff)
        }
        expect(kinds).toEqual(['hello', 'collected', 'done'])
      }),
    )
  })

  it('refuses what no teu-init sends', () => {
    const spoil = (position: number, value: number, parts: Parts = { kind: 'done' }): (() => unknown) => {
      const bytes = frame(parts)
      bytes[position] = value
      return () => new FrameReader().push(bytes)
    }
    expect(spoil(0, 43)).toThrow('a size of 43 bytes')
    expect(spoil(1, 0xff)).toThrow('bytes')
    expect(spoil(4, 99)).toThrow('not known')
    expect(spoil(6, 9)).toThrow('not known')
    expect(spoil(16, 0xff)).toThrow('not known')
    expect(spoil(19, 0xff, { kind: 'failed', payload: text('\0') })).toThrow('system call')
    expect(() => decode({ kind: 'failed', payload: text('no separator') })).toThrow('separator')
    expect(() => decode({ kind: 'exited' })).toThrow('payload of 0 bytes')
  })

  it('throws nothing but structured errors, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const bytes = frame({ kind: 'failed', payload: text('/p\0d') })
        noise.forEach((byte, i) => (bytes[(i * 31) % bytes.length] = byte))
        try {
          new FrameReader().push(bytes)
        } catch (error) {
          expect((error as { code?: string }).code).toBe('ERR_TEU_SYSTEM')
        }
      }),
    )
  })
})

describe('splitWaitStatus()', () => {
  it('tells exit codes from signals', () => {
    expect(splitWaitStatus(0)).toEqual({ exitCode: 0 })
    expect(splitWaitStatus(0xff00)).toEqual({ exitCode: 255 })
    expect(splitWaitStatus(9)).toEqual({ signalNumber: 9 })
    // with a core dump
    expect(splitWaitStatus(0x80 | 11)).toEqual({ signalNumber: 11 })
  })
})
