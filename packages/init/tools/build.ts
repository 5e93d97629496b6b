/**
 * Builds teu-init: `tsx packages/init/tools/build.ts [--sanitize] [--force]`.
 *
 * - plain: `dist/teu-init`, static, with musl when musl-gcc is there, else with the C library of gcc;
 * - `--sanitize`: `build/teu-init-sanitized` and `build/decode-harness`, dynamic, with the address and undefined-behaviour
 *   sanitizers, for tests.
 *
 * Nothing is done when the sources and flags are those of the last build.
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeSteps } from './generate-steps.ts'

const packageDir = join(dirname(fileURLToPath(import.meta.url)), '..')
const sourceDir = join(packageDir, 'src/c')

const WARNINGS = [
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wshadow',
  '-Wvla',
  '-Wformat=2',
  '-Wimplicit-fallthrough',
  '-Wmissing-prototypes',
  '-Wpointer-arith',
  '-Wstrict-prototypes',
  '-Wundef',
  '-Wwrite-strings',
]
const COMMON = ['-std=c11', '-D_GNU_SOURCE', '-fno-common', ...WARNINGS]
const RELEASE = [
  '-Os', // every start copies the program, and no loop of its own is hot
  '-fstack-protector-strong',
  '-fstack-clash-protection',
  '-ftrivial-auto-var-init=zero',
  '-fno-asynchronous-unwind-tables',
  '-ffunction-sections',
  '-fdata-sections',
  '-fPIE',
]
const LINK = ['-Wl,--gc-sections', '-Wl,-z,relro', '-Wl,-z,now', '-Wl,-z,noexecstack', '-Wl,-z,text', '-s']
const SANITIZE = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']

interface Target {
  readonly output: string
  readonly sources: readonly string[]
  /** Compiler and its arguments; `@sources` and `@output` stand for the names. */
  readonly command: readonly string[]
}

function find(command: string): string | undefined {
  const dirs = (process.env['PATH'] ?? '').split(':')
  return dirs.map((dir) => join(dir, command)).find((path) => existsSync(path))
}

/** Directory of musl's libc.a and rcrt1.o, where musl-gcc is installed. */
function muslDir(): string | undefined {
  if (find('musl-gcc') === undefined) return undefined
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]
  return [`/usr/lib/${machine}-linux-musl`, '/usr/local/musl/lib', '/usr/lib/musl/lib'].find((dir) => existsSync(join(dir, 'rcrt1.o')))
}

function gccFile(name: string): string {
  return execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
}

/** musl-gcc links no static position-independent program by itself, so the linker's part is spelled out. */
function muslLink(dir: string): string[] {
  const start = [join(dir, 'rcrt1.o'), join(dir, 'crti.o'), gccFile('crtbeginS.o')]
  const end = ['-Wl,--start-group', '-lc', '-lgcc', '-Wl,--end-group', gccFile('crtendS.o'), join(dir, 'crtn.o')]
  return ['-nostdlib', '-Wl,-static,-pie,--no-dynamic-linker', ...start, '@sources', ...end]
}

function releaseTarget(sources: readonly string[]): Target {
  const output = join(packageDir, 'dist/teu-init')
  const musl = muslDir()
  const link = musl === undefined ? ['-static-pie', '@sources'] : muslLink(musl)
  return { output, sources, command: [musl === undefined ? 'gcc' : 'musl-gcc', ...COMMON, ...RELEASE, ...link, ...LINK, '-o', '@output'] }
}

function sanitizedTargets(sources: readonly string[]): Target[] {
  const command = ['gcc', ...COMMON, ...SANITIZE, `-I${sourceDir}`, '@sources', '-o', '@output']
  const used = ['decode.c', 'protocol.c', 'io.c', 'steps.gen.c'].map((name) => join(sourceDir, name))
  const harness = [join(packageDir, 'test/c/decode-harness.c'), ...used]
  return [
    {
      output: join(packageDir, 'build/teu-init-sanitized'),
      sources: [...sources, join(packageDir, 'test/c/sanitizer-options.c')],
      command,
    },
    { output: join(packageDir, 'build/decode-harness'), sources: harness, command },
  ]
}

/** What a build depends on: the compiler's command line and the content of every source and header. */
function fingerprint(target: Target): string {
  const hash = createHash('sha256').update(target.command.join('\0'))
  const all = readdirSync(sourceDir).map((name) => join(sourceDir, name))
  for (const path of [...new Set([...all, ...target.sources])].sort()) hash.update(path).update('\0').update(readFileSync(path))
  return hash.digest('hex')
}

function build(target: Target, force: boolean): void {
  const stamp = `${target.output}.stamp`
  const wanted = fingerprint(target)
  if (!force && existsSync(target.output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  mkdirSync(dirname(target.output), { recursive: true })
  // under another name until it is whole: a test or a container may be starting the present one
  const fresh = `${target.output}.${process.pid}`
  const command = target.command.flatMap((word) => (word === '@sources' ? target.sources : word === '@output' ? [fresh] : [word]))
  execFileSync(command[0] as string, command.slice(1), { stdio: 'inherit' })
  renameSync(fresh, target.output)
  writeFileSync(stamp, wanted)
}

/**
 * Generates what is generated and builds teu-init, if anything has changed since the last time.
 *
 * @returns paths of what was built: the program, or the sanitized program and the decoder harness
 */
export function buildInit(options: { sanitize?: boolean; force?: boolean } = {}): string[] {
  writeSteps()
  const sources = readdirSync(sourceDir)
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => join(sourceDir, name))
  const targets = options.sanitize === true ? sanitizedTargets(sources) : [releaseTarget(sources)]
  for (const target of targets) build(target, options.force === true)
  return targets.map((target) => target.output)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { sanitize: { type: 'boolean' }, force: { type: 'boolean' } } })
  for (const path of buildInit(values)) console.log(`${path}: ${statSync(path).size} bytes`)
}
