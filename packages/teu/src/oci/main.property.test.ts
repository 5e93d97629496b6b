import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fakeIo } from '../testing/fake-io.ts'
import { fakeLibrary } from '../testing/fake-library.ts'
import { COMMANDS } from './commands.ts'
import { GLOBALS } from './globals.ts'
import { runOci } from './main.ts'

const names = COMMANDS.flatMap(({ name, options }) => [name, ...Object.keys(options).map((option) => `--${option}`)])
// `--log` and `spec` would write files, `ps` starts a program, and `events` waits.
const banned = /^--?(log|log=.*)$|^(spec|ps|events)$/
const word = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom(...new Set(names), ...Object.keys(GLOBALS).map((name) => `--${name}`)) },
    { weight: 2, arbitrary: fc.constantFrom('c1', 'nope', '-1', '--', '-', '-h', '-it', '9', 'KILL', '64m', '=', '--=', '---x', '-=') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  )
  .filter((text) => !banned.test(text))

it('teu-oci ends every line with a status, and every failure with exactly one record', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 8 }), async (args) => {
      const io = fakeIo(args)
      const status = await runOci(io, fakeLibrary({ c1: {} }))
      expect([0, 1, 255]).toContain(status)
      expect(io.written.err.match(/level=error|"level":"error"/g)?.length ?? 0).toBe(status === 0 ? 0 : 1)
      expect(io.written.err).not.toContain('Internal error')
    }),
    { numRuns: 3000, seed: 20240102 },
  )
})
