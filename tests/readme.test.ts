import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { home } from './harness/native.ts'
import { describeIf, needsRoot } from './harness/requirements.ts'
import { patience } from './harness/wait.ts'

const built = existsSync(join(home, 'packages/teu/dist/index.js')) ? undefined : 'the packages are not built: npm run build'
const readme = readFileSync(join(home, 'README.md'), 'utf8')
const snippets = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)

describeIf('README', [needsRoot, built], () => {
  it('has a program on its first screen', () => {
    expect(snippets.length).toBeGreaterThan(0)
    expect(readme.slice(0, 400)).toContain("import { run } from 'teu'")
  })

  for (const [n, code] of snippets.entries()) {
    it(`program ${n + 1} prints what its comments say`, () => {
      const dir = mkdtempSync(join(home, 'build', 'readme-'))
      try {
        writeFileSync(join(dir, 'program.ts'), code)
        const output = execFileSync(process.execPath, ['--import', 'tsx', join(dir, 'program.ts')], {
          cwd: home,
          encoding: 'utf8',
          timeout: 60_000 * patience,
        })
        for (const [, promised = ''] of code.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)) expect(output).toContain(promised)
      } finally {
        rmSync(dir, { recursive: true })
      }
    })
  }
})
