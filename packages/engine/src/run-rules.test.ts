import { describe, expect, it } from 'vitest'
import { planRun, run, type RunOptions } from './run.ts'

const PROGRAM = { rootfs: '/nowhere', command: ['true'] }

describe('run() refuses before it does anything', () => {
  it.each<[unknown, ErrorConstructor, string]>([
    [undefined, TypeError, 'run: options must be an object, got nothing'],
    [null, TypeError, 'run: options must be an object, got null'],
    ['x', TypeError, 'run: options must be an object, got "x"'],
    [{}, TypeError, 'run: options must have a bundle, or a rootfs and a command'],
    [{ rootfs: '/' }, TypeError, 'run: options must have a bundle, or a rootfs and a command'],
    [{ command: ['true'] }, TypeError, 'run: options must have a bundle, or a rootfs and a command'],
    [{ ...PROGRAM, memroy: '64MiB' }, TypeError, 'run: there is no option memroy'],
    // A limit beside a bundle would be left out.
    [{ bundle: '/b', memory: '64MiB' }, TypeError, 'run: there is no option memory'],
    [{ ...PROGRAM, bundle: '/b' }, TypeError, 'run: there is no option rootfs'],
    [{ bundle: '/b', spec: null }, TypeError, 'run: spec must be an object, got null'],
    [{ ...PROGRAM, rootfs: '' }, RangeError, 'run: rootfs must be a path, got ""'],
    [{ ...PROGRAM, command: 'true' }, TypeError, 'run: command must be an array, got "true"'],
    [{ ...PROGRAM, user: null }, TypeError, 'run: user must be a number or a string, got null'],
    [{ ...PROGRAM, mounts: {} }, TypeError, 'run: mounts must be an array, got an object'],
    [
      { ...PROGRAM, env: { A: 1 } },
      TypeError,
      'run: env must be an object or an array of strings, with names that have no "=", got an object',
    ],
    [{ ...PROGRAM, cpus: 0 }, RangeError, 'run: cpus must be a number from 0.01 to 1000000, got 0'],
    [{ ...PROGRAM, seccomp: 'none' }, TypeError, 'run: seccomp must be a profile or unconfined, got "none"'],
    [{ ...PROGRAM, timeoutMs: -1 }, RangeError, 'run: timeoutMs must be an integer of milliseconds from 0 to 4294967295, got -1'],
    [{ ...PROGRAM, timeoutMs: Number.NaN }, RangeError, 'got NaN'],
    [{ ...PROGRAM, capture: 1 }, TypeError, 'run: capture must be true or false, got 1'],
    [{ ...PROGRAM, signal: 'SIGTERM' }, TypeError, 'run: signal must be an AbortSignal, got "SIGTERM"'],
    [{ ...PROGRAM, containers: {} }, TypeError, 'run: containers must be what Containers.open() gave, got an object'],
    [
      { ...PROGRAM, stdio: ['null', 'null'] },
      TypeError,
      'run: stdio must be inherit, null, pipe, a descriptor number, or an array of three',
    ],
    [{ ...PROGRAM, stdio: ['null', -1, 2] }, TypeError, 'got an array'],
    [{ ...PROGRAM, capture: true, input: 5 }, TypeError, 'run: input must be a string or a Uint8Array, got 5'],
    [{ ...PROGRAM, capture: true, maxOutputBytes: -1 }, RangeError, 'run: maxOutputBytes must be an integer of bytes from 0'],
  ])('%j', async (options, kind, message) => {
    const attempt = run(options as RunOptions)
    await expect(attempt).rejects.toThrow(message)
    await expect(attempt).rejects.toBeInstanceOf(kind)
  })

  it.each<[object, string]>([
    [{ capture: true, stdio: 'null' }, 'Cannot capture the output and connect stdio at the same time'],
    [{ input: 'x' }, 'Cannot use input without capture'],
    [{ maxOutputBytes: 5 }, 'Cannot use maxOutputBytes without capture'],
  ])('contradictions: %j', async (more, message) => {
    await expect(run({ ...PROGRAM, ...more })).rejects.toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE', message }))
  })
})

describe('planRun()', () => {
  it('refuses in the same way', () => {
    expect(() => planRun({ ...PROGRAM, memroy: 5 } as RunOptions)).toThrow('planRun: there is no option memroy')
  })
})
