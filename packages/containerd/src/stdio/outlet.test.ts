import { deferred } from '@teu/spec'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PassThrough, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Report } from '../report.ts'
import { copyTo } from './outlet.ts'

const reports: Report[] = []
const listen = (entry: unknown): void => void reports.push(entry as Report)
beforeEach(() => {
  reports.length = 0
  subscribe('teu:containerd', listen)
})
afterEach(() => {
  unsubscribe('teu:containerd', listen)
})

class Sink extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}

const inflow = { containerId: 'a', endsTarget: Promise.resolve(true) }

async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await turn()
}

test('a stream ends with the last of the outputs that go there, and nothing is lost', async () => {
  const [sink, one, two] = [new Sink(), new PassThrough(), new PassThrough()]
  copyTo(sink, one, inflow)
  copyTo(sink, two, { ...inflow, containerId: 'b' })
  one.end('1')
  await finished(one)
  await settled()
  expect(sink.writableEnded).toBe(false)
  two.end('2')
  await finished(sink)
  expect(sink.text).toBe('12')
  expect(reports).toEqual([])
})

test('an output that ends before its process is known ends the stream when it is', async () => {
  const [sink, output, started] = [new Sink(), new PassThrough(), deferred<boolean>()]
  copyTo(sink, output, { ...inflow, endsTarget: started.promise })
  output.end('out')
  await finished(output)
  await settled()
  expect(sink.writableEnded).toBe(false)
  started.resolve(true)
  await finished(sink)
  expect(sink.text).toBe('out')
})

test('the output of a process that was not started leaves the stream open, for the next attempt', async () => {
  const [sink, failed, next] = [new Sink(), new PassThrough(), new PassThrough()]
  copyTo(sink, failed, { ...inflow, endsTarget: Promise.resolve(false) })
  failed.destroy()
  await settled()
  expect(sink.writableEnded).toBe(false)
  copyTo(sink, next, inflow)
  next.end('out')
  await finished(sink)
  expect(sink.text).toBe('out')
})

test.each([
  ['destroyed before', (sink: Sink) => sink.destroy(), undefined],
  ['ended before', (sink: Sink) => sink.end(), undefined],
  ['destroyed meanwhile', undefined, (sink: Sink) => sink.destroy()],
  ['ended meanwhile', undefined, (sink: Sink) => sink.end()],
  ['failed meanwhile', undefined, (sink: Sink) => sink.destroy(new Error('full'))],
])('a stream that is %s: that is reported once, and the output is read to its end', async (_when, before, meanwhile) => {
  const [sink, output] = [new Sink(), new PassThrough()]
  before?.(sink)
  await settled()
  copyTo(sink, output, inflow)
  meanwhile?.(sink)
  await settled()
  output.write(Buffer.alloc(300_000))
  output.end()
  await finished(output)
  expect(reports).toMatchObject([{ what: 'write the output of a process', containerId: 'a', error: expect.any(Error) as Error }])
})

test('a stream that never takes a chunk stops the output until it is destroyed', async () => {
  const [sink, output] = [new Writable({ write() {} }), new PassThrough()]
  copyTo(sink, output, inflow)
  for (let part = 0; part < 10; part++) output.write(Buffer.alloc(30_000))
  output.end()
  await settled()
  expect(output.readableEnded).toBe(false)
  sink.destroy()
  await finished(output)
  expect(reports).toHaveLength(1)
})

test('an error after the end is reported and does not end the program', async () => {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done(), final: (done) => done(new Error('disk full')) })
  const output = new PassThrough()
  copyTo(sink, output, inflow)
  output.end('x')
  await expect(finished(sink)).rejects.toThrow('disk full')
  expect(reports).toMatchObject([{ error: { message: 'disk full' } }])
})

test('a slow stream holds up the outputs, and takes all of them', async () => {
  let length = 0
  const sink = new Writable({
    highWaterMark: 1000,
    write(chunk: Buffer, _encoding, done) {
      length += chunk.length
      setImmediate(done)
    },
  })
  const outputs = Array.from({ length: 20 }, () => new PassThrough())
  for (const output of outputs) {
    copyTo(sink, output, inflow)
    for (let part = 0; part < 10; part++) output.write(Buffer.alloc(5_000))
    output.end()
  }
  expect(sink.listenerCount('drain')).toBe(1)
  await finished(sink)
  expect(length).toBe(20 * 50_000)
})
