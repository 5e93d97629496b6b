import { expect, it } from 'vitest'
import { Warnings } from './warnings.ts'

const some = (): { warnings: Warnings; lines: string[] } => {
  const lines: string[] = []
  return { warnings: new Warnings((line) => void lines.push(line)), lines }
}

it('prints each warning once, with its reason, and nothing that steers the terminal', () => {
  const { warnings, lines } = some()
  for (let n = 0; n < 3; n++) warnings.warn({ err: new Error('no\u001b[2J address') }, 'cannot watch\u202e')
  warnings.warn({ api: 'x' }, 'something')
  expect(lines).toEqual(['teu: cannot watch\\u{202e}: no\\x1b[2J address\n', 'teu: something\n'])
})

it('keeps them back while something else has the terminal, also when that fails', async () => {
  const { warnings, lines } = some()
  const show = warnings.during(async () => {
    warnings.warn({}, 'one')
    expect(lines).toEqual([])
    throw new Error('gone')
  })
  await expect(show).rejects.toThrow('gone')
  warnings.warn({}, 'two')
  expect(lines).toEqual(['teu: one\n', 'teu: two\n'])
})

it('has an end', () => {
  const { warnings, lines } = some()
  for (let n = 0; n < 1_000; n++) warnings.warn({}, `warning ${n}`)
  expect(lines).toHaveLength(100)
})
