/**
 * Writes `src/gen/**\/*.gen.ts` from `proto/**\/*.proto`, with buf as the compiler and protoc-gen-es as the generator. The results are
 * committed, so that neither is needed to build or to use the package.
 *
 * protoc-gen-es makes TypeScript enums, which this project does not allow: they become constant objects, each with a type of its name.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(home, 'src/gen')

/** Runs buf and returns the generated sources by their path. */
function compile(): Map<string, string> {
  const out = mkdtempSync(join(tmpdir(), 'teu-protos-'))
  try {
    const plugin = { local: 'protoc-gen-es', out, opt: ['target=ts', 'import_extension=ts'] }
    const PATH = [join(home, '../../node_modules/.bin'), process.env['PATH']].join(delimiter)
    execFileSync('buf', ['generate', join(home, 'proto'), '--template', JSON.stringify({ version: 'v2', plugins: [plugin] })], {
      env: { ...process.env, PATH },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('_pb.ts'))
    return new Map(files.sort().map((file) => [file, readFileSync(join(out, file), 'utf8')]))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** `enum X { A = 0 }` to `const X = { A: 0 } as const` and the union of its values. */
function eraseEnums(source: string): string {
  return source.replaceAll(/^export enum (\w+) \{\n([\s\S]*?)^\}$/gm, (_, name: string, body: string) => {
    const members = body.replaceAll(/^( {2}\w+) = (\d+),$/gm, '$1: $2,')
    return `export const ${name} = {\n${members}} as const;\n\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`
  })
}

const generatedName = (path: string): string => path.replace(/_pb\.ts$/, '.gen.ts')

const compiled = compile()
rmSync(target, { recursive: true, force: true })
for (const [file, source] of compiled) {
  const path = join(target, generatedName(file))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, eraseEnums(source).replaceAll(/(?<=from "\.[^"]*)_pb\.ts(?=")/g, '.gen.ts'))
}
