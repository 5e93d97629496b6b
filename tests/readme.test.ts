import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { home } from './harness/native.ts'
import { expectProgram, nodeWithPackages, programsOf } from './harness/readme.ts'
import { describeIf, needsRoot } from './harness/requirements.ts'

const built = existsSync(join(home, 'packages/teu/dist/index.js')) ? undefined : 'the packages are not built: npm run build'
const programs = programsOf('README.md')

describeIf('README', [needsRoot, built], () => {
  it('has a program on its first screen', () => {
    expect(programs.length).toBeGreaterThan(0)
    expect(readFileSync(join(home, 'README.md'), 'utf8').slice(0, 400)).toContain("import { run } from 'teu'")
  })

  for (const [n, code] of programs.entries()) {
    it(`program ${n + 1} prints what its comments say`, () => expectProgram(nodeWithPackages, code))
  }
})
