/** `await destroy()` keeps its program alive until the container is destroyed. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'

const repository = dirname(dirname(dirname(dirname(import.meta.dirname))))
let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'teu-destroy-'))
  makeRootfs(`${directory}/rootfs`)
})
afterAll(() => rmSync(directory, { recursive: true }))

const PROGRAM = `
import { Containers } from '${repository}/packages/container/src/index.ts'
import { readFileSync } from 'node:fs'
const [bundle] = process.argv.slice(2)
const spec = JSON.parse(readFileSync(bundle + '/config.json', 'utf8'))
const containers = await Containers.open({ root: bundle + '/state' })
for (let i = 0; i < 20; i++) {
  const container = await containers.create('destroy-waits-' + process.pid, { bundle, spec, stdio: 'null' })
  const ended = (await containers.load(container.id)).wait()
  await container.start()
  await ended
  await container.destroy()
}
console.log('end')
`

describeIf('destroy()', [needsRoot], () => {
  it('is waited for', async () => {
    const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
    writeFileSync(`${directory}/config.json`, JSON.stringify({ ...baseConfig(['/bin/true'], ''), linux }))
    writeFileSync(`${directory}/program.mts`, PROGRAM)
    const args = ['--conditions=@teu/source', '--import', 'tsx', `${directory}/program.mts`, directory]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repository })
    expect(stdout).toBe('end\n')
    expect(readdirSync(`${directory}/state`)).toEqual([])
  }, 60_000)
})
