/**
 * Builds everything: `npm run build [init] [types] [cli]`, all three by default.
 *
 *   init    teu-init, the static C helper                   packages/init/dist/teu-init
 *   types   JavaScript and declarations of each package     packages/<name>/dist
 *   cli     both command lines as single executables        dist/teu-oci, dist/teu
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bunBinary } from './bun-binary.ts'
import { bin, home, runSteps, script, type Step } from './step.ts'

/** What the sources are, when they are a git checkout. */
function commit(): string {
  const git = spawnSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { cwd: home, encoding: 'utf8' })
  return git.status === 0 ? git.stdout.trim() : 'unknown'
}

/**
 * One executable from `packages/teu/src/executable/<name>.ts`, teu-init inside. It must not read .env, bunfig.toml, tsconfig.json or
 * package.json of the directory it happens to run in: a runtime runs, as root, in bundles that others have written.
 */
function compileExecutable(name: string): Step {
  const command = [
    bunBinary(),
    'build',
    '--compile',
    '--minify',
    '--bytecode',
    '--format=esm',
    '--splitting',
    // Most invocations end before anything compiled would have paid for itself.
    '--compile-jit-policy=100',
    '--conditions=@teu/source',
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-tsconfig',
    '--no-compile-autoload-package-json',
    '--define',
    `TEU_COMMIT=${JSON.stringify(commit())}`,
    `--outfile=${join(home, 'dist', name)}`,
    join(home, 'packages/teu/src/executable', `${name}.ts`),
  ]
  return { name: `executable dist/${name}`, run: command }
}

const targets: Readonly<Record<string, () => Step[]>> = {
  init: () => [{ name: 'teu-init', run: script('packages/init/tools/build.ts') }],
  types: () => [
    {
      name: 'packages',
      run: [
        bin('tsc'),
        '-b',
        ...['spec', 'init', 'container', 'engine', 'containerd', 'watch', 'teu'].map((name) => join(home, 'packages', name)),
      ],
    },
  ],
  cli: () => [compileExecutable('teu-oci'), compileExecutable('teu')],
}

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(targets)
const steps = asked.flatMap((name) => {
  const target = targets[name]
  if (target === undefined) throw new RangeError(`unknown target ${name}, there are ${Object.keys(targets).join(', ')}`)
  return target()
})
mkdirSync(join(home, 'dist'), { recursive: true })
const failed = await runSteps(steps, { stopAtFailure: true })
process.exitCode = failed.length === 0 ? 0 : 1
