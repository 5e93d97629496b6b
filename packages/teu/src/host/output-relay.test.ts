import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { OutputRelay } from './output-relay.ts'

/** A reader who takes a chunk when the test says so. */
class Reader extends Writable {
  taken = ''
  #next: (() => void)[] = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#next.push(() => {
      this.taken += chunk.toString()
      done()
    })
  }

  async take(): Promise<void> {
    this.#next.shift()?.()
    await turn()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('OutputRelay', () => {
  it('waits for the reader while the program runs', async () => {
    const reader = new Reader()
    const relay = new OutputRelay(reader)
    const written: string[] = []
    for (const text of ['a', 'b']) relay.write(text, () => written.push(text))
    await turn()
    expect(written).toEqual([])
    await reader.take()
    expect({ written, taken: reader.taken }).toEqual({ written: ['a'], taken: 'a' })
  })

  it('takes the rest when the program has ended, and keeps it for the reader', async () => {
    const reader = new Reader()
    const relay = new OutputRelay(reader)
    let ended = false
    relay.write('a')
    relay.end('b', () => (ended = true))
    relay.takeAll()
    await turn()
    expect({ ended, taken: reader.taken }).toEqual({ ended: true, taken: '' })
    let flushed = false
    const flushing = relay.flushed().then(() => (flushed = true))
    await reader.take()
    expect(flushed).toBe(false)
    await reader.take()
    await reader.take()
    await flushing
    expect(reader.taken).toBe('ab')
  })

  it('fails with the reader, and waits for nobody then', async () => {
    const reader = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const relay = new OutputRelay(reader)
    const failed = new Promise<Error>((resolve) => relay.once('error', resolve))
    relay.write('a')
    expect((await failed).message).toBe('EPIPE')
    await relay.flushed()
  })
})
