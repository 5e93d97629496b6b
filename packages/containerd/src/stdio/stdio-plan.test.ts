import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { planStdio } from './stdio-plan.ts'

const io = (): void => {}

test('FIFOs are named after the process; a terminal has one output', () => {
  expect(planStdio('/b', 'init', false, { stdio: io, withStdin: true })).toEqual({
    request: { stdin: '/b/init-stdin', stdout: '/b/init-stdout', stderr: '/b/init-stderr', terminal: false },
    fifos: { stdin: '/b/init-stdin', stdout: '/b/init-stdout', stderr: '/b/init-stderr' },
  })
  expect(planStdio('/b', 'e1', true, { stdio: io }).request).toEqual({ stdin: '', stdout: '/b/e1-stdout', stderr: '', terminal: true })
})

test('an input among the streams asks for stdin', () => {
  expect(planStdio('/b', 'e1', false, { stdio: { stdin: new PassThrough() } }).request.stdin).toBe('/b/e1-stdin')
  expect(planStdio('/b', 'e1', false, { stdio: { stdout: new PassThrough() } }).request.stdin).toBe('')
})

test('without streams, with files and with loggers there are no FIFOs', () => {
  expect(planStdio('/b', 'init', false, {})).toEqual({ request: { stdin: '', stdout: '', stderr: '', terminal: false }, fifos: {} })
  expect(planStdio('/b', 'init', false, { stdio: { file: '/l/a b%.log' } }).request).toMatchObject({
    stdout: 'file:///l/a%20b%25.log',
    stderr: 'file:///l/a%20b%25.log',
  })
  expect(planStdio('/b', 'init', true, { stdio: { logger: '/bin/log', args: { to: 'x y' } } })).toEqual({
    request: { stdin: '', stdout: 'binary:///bin/log?to=x+y', stderr: '', terminal: true },
    fifos: {},
  })
})
