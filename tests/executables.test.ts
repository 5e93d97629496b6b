import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { describeIf, needsRoot, type Requirement } from './harness/requirements.ts'
import { home } from './harness/native.ts'
import { inLab } from './harness/in-lab.ts'

const built = (name: string): Requirement => {
  try {
    return statSync(join(home, 'dist', name)).isFile() ? undefined : `dist/${name} is no file`
  } catch {
    return `dist/${name} is not there: npm run build`
  }
}

describeIf('executables', [needsRoot, built('teu-oci'), built('teu')], () => {
  inLab('run from wherever they are copied to', async (lab) => {
    for (const name of ['teu-oci', 'teu']) {
      copyFileSync(join(home, 'dist', name), lab.path(name))
      const result = await lab.command([lab.path(name), '--version'], { cwd: '/' })
      expect(result).toMatchObject({ status: 0, stderr: '' })
      expect(result.stdout).toMatch(new RegExp(`^${name} (version )?\\d`))
    }
  })

  inLab('carry all that they need: they run containers where this project is not to be seen', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/bin/echo', 'from the copy'], undefined, id)
    copyFileSync(join(home, 'dist/teu-oci'), lab.path('teu-oci'))
    const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none "$0" && exec "$@"', home]
    const line = [lab.path('teu-oci'), '--root', lab.root, 'run', '--bundle', bundle.dir, id]
    expect(await lab.command([...hidden, ...line])).toMatchObject({ status: 0, stdout: 'from the copy\n' })
  })

  inLab('take no code or settings from the directory they run in', async (lab) => {
    const marker = lab.path('preloaded')
    writeFileSync(lab.path('evil.ts'), `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`)
    writeFileSync(lab.path('bunfig.toml'), 'preload = ["./evil.ts"]\n')
    writeFileSync(lab.path('.env'), 'NOTIFY_SOCKET=/from/dot-env\nLISTEN_FDS=1\nXDG_RUNTIME_DIR=/from/dot-env\n')
    writeFileSync(lab.path('tsconfig.json'), '{ "compilerOptions": { "paths": { "*": ["./evil.ts"] } } }')
    const id = lab.id()
    const bundle = lab.bundle(['/probe', 'env'], undefined, id)
    const line = [join(home, 'dist/teu-oci'), '--root', lab.root, 'run', '--bundle', bundle.dir, id]
    const result = await lab.command(line, { cwd: lab.dir })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(result.stdout).not.toContain('dot-env')
    expect(result.stdout).not.toContain('LISTEN_FDS')
    expect(() => readFileSync(marker)).toThrow('ENOENT')
  })
})
