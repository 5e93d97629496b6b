import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { connectStdio, planStdio } from './stdio-plan.ts'

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

const without = {
  terminal: false,
  started: Promise.resolve(true),
  drained: Promise.resolve(),
  cancel: io,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

test.each([
  ['ended', (source: PassThrough) => source.end('x').resume()],
  ['destroyed', (source: PassThrough) => source.destroy()],
  ['failed', (source: PassThrough) => source.on('error', io).destroy(new Error('broken'))],
])('a source that has %s, before or after, ends the input', async (_how, end) => {
  for (const isBefore of [true, false]) {
    const [source, stdin] = [new PassThrough(), new PassThrough()]
    if (isBefore) end(source)
    await new Promise((resolve) => setImmediate(resolve))
    await connectStdio({ ...without, stdin }, { stdin: source }, 'a')
    if (!isBefore) end(source)
    await finished(stdin.resume())
  }
})

test('one stream for both outputs gets both', async () => {
  const [stdout, stderr, sink] = [new PassThrough(), new PassThrough(), new PassThrough()]
  await connectStdio({ ...without, stdout, stderr }, { stdout: sink, stderr: sink }, 'a')
  stdout.end('out ')
  await finished(stdout)
  stderr.end('err')
  expect(await text(sink)).toBe('out err')
})
