import { expect, it } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import { Canvas } from './canvas.ts'
import { FramePacer } from './frame-pacer.ts'

it('Canvas sends only lines that are different', () => {
  const canvas = new Canvas()
  expect(canvas.difference(['a', 'b'])).toBe('\u001b[1;1H\u001b[2Ka\u001b[2;1H\u001b[2Kb')
  expect(canvas.difference(['a', 'b'])).toBe('')
  expect(canvas.difference(['a', 'c'])).toBe('\u001b[2;1H\u001b[2Kc')
  expect(canvas.difference(['a'])).toBe('\u001b[2;1H\u001b[2K')
  canvas.forget()
  expect(canvas.difference(['a'])).toBe('\u001b[1;1H\u001b[2Ka')
})

it('FramePacer draws once for many wishes, one frame at a time, and not after its end', async () => {
  let frames = 0
  let busy = 0
  const pacer = new FramePacer(
    async () => {
      expect(++busy).toBe(1)
      frames++
      await delay(5)
      busy--
    },
    () => undefined,
  )
  for (let n = 0; n < 10; n++) pacer.want(0)
  await delay(3)
  for (let n = 0; n < 10; n++) pacer.want(0)
  await delay(60)
  expect(frames).toBe(2)
  pacer.want(5)
  pacer[Symbol.dispose]()
  pacer.want(0)
  await delay(20)
  expect(frames).toBe(2)
})

it('FramePacer waits from frame to frame, and reports failures', async () => {
  const failures: unknown[] = []
  const pacer = new FramePacer(
    async () => Promise.reject(new Error('broken')),
    (error) => failures.push(error),
  )
  pacer.want(0)
  await delay(20)
  pacer.want(60_000)
  await delay(20)
  expect(failures).toHaveLength(1)
  pacer.want(0)
  await delay(20)
  expect(failures).toHaveLength(2)
  pacer[Symbol.dispose]()
})
