import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fifo } from './fifo.ts'

const { Bun } = globalThis as { Bun?: { gc(force: boolean): void } }
setFlagsFromString('--expose-gc')
const collectGarbage = Bun === undefined ? (runInNewContext('gc') as () => void) : () => Bun.gc(true)

describe('Fifo', () => {
  it('is what an array would be', () => {
    const acts = fc.array(fc.oneof(fc.array(fc.nat(), { maxLength: 2_000 }), fc.integer({ min: -3_000, max: -1 })), { maxLength: 12 })
    fc.assert(
      fc.property(acts, (steps) => {
        const fifo = new Fifo<number>()
        const model: number[] = []
        for (const step of steps) {
          if (typeof step !== 'number') {
            fifo.add(step)
            model.push(...step)
          } else {
            for (let n = step; n < 0; n++) if (fifo.take() !== model.shift()) throw new Error('another order')
          }
          expect(fifo.length).toBe(model.length)
        }
        expect(fifo.takeAll()).toEqual(model)
        expect([fifo.length, fifo.take()]).toEqual([0, undefined])
      }),
    )
  })

  it('lets go of what has left, also when it is never empty', async () => {
    const fifo = new Fifo<object>()
    const gone: WeakRef<object>[] = []
    fifo.add([{}])
    for (let n = 0; n < 5_000; n++) {
      fifo.add([{}])
      const item = fifo.take()
      if (item !== undefined) gone.push(new WeakRef(item))
    }
    // A reference that was looked at lives until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(gone.filter((one) => one.deref() !== undefined).length).toBeLessThan(2_000)
  })
})
