import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OutputCollector } from './output-collector.ts'

test('OutputCollector keeps the beginning, and knows whether that is all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.stringMatching(/^[a-z]{0,9}$/)), fc.nat(30), async (chunks, limit) => {
      const all = chunks.join('')
      const collector = new OutputCollector(limit)
      await pipeline(
        chunks.map((chunk) => Buffer.from(chunk)),
        collector,
      )
      expect(collector.text).toBe(all.slice(0, limit))
      expect(collector.isTruncated).toBe(all.length > limit)
    }),
  )
})
