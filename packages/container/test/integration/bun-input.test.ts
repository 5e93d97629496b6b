/** The library on Bun: blocking reads of outputs must not keep the input from being written and closed. */

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'

const repository = dirname(dirname(dirname(dirname(import.meta.dirname))))
const bun = `${repository}/node_modules/@oven/bun-linux-x64/bin/bun`
let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-bun-'))
  makeRootfs(`${directory}/rootfs`)
  const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
  writeFileSync(`${directory}/config.json`, JSON.stringify({ ...baseConfig(['/bin/wc', '-c'], ''), linux }))
})
afterAll(() => rmSync(directory, { recursive: true }))

describeIf('run with capture on Bun', [needsRoot], () => {
  it.skipIf(!existsSync(bun))(
    'gives the program its input, and the input its end',
    async () => {
      writeFileSync(
        `${directory}/program.mts`,
        `import { run } from '${repository}/packages/teu/src/index.ts'
const started = (count) => Array.from({ length: count }, () => run({ bundle: ${JSON.stringify(directory)}, capture: true, input: 'hello' }))
console.log((await Promise.all(started(4))).map(({ stdout }) => stdout.trim()).join())`,
      )
      const args = ['run', '--conditions=@teu/source', `${directory}/program.mts`]
      const { stdout } = await promisify(execFile)(bun, args, { cwd: repository, timeout: 15_000 })
      expect(stdout).toBe('5,5,5,5\n')
    },
    30_000,
  )
})
