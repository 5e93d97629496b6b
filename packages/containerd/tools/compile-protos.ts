/**
 * Makes TypeScript of protobuf files, with buf as the compiler and protoc-gen-es as the generator.
 *
 * protoc-gen-es makes TypeScript enums, which this project does not allow: they become constant objects, each with a type of its name.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const programs = join(dirname(fileURLToPath(import.meta.url)), '../../../node_modules/.bin')

/** Replaces everything in `target` by one `.gen.ts` for each `.proto` below `protos`. */
export function compileProtos(protos: string, target: string): void {
  const compiled = compile(protos)
  rmSync(target, { recursive: true, force: true })
  for (const [file, source] of compiled) {
    const path = join(target, generatedName(file))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, eraseEnums(source).replaceAll(/(?<=from "\.[^"]*)_pb\.ts(?=")/g, '.gen.ts'))
  }
}

/** Runs buf and returns the generated sources by their path. */
function compile(protos: string): Map<string, string> {
  const out = mkdtempSync(join(tmpdir(), 'teu-protos-'))
  try {
    const plugin = { local: 'protoc-gen-es', out, opt: ['target=ts', 'import_extension=ts'] }
    const PATH = [programs, process.env['PATH']].join(delimiter)
    execFileSync('buf', ['generate', protos, '--template', JSON.stringify({ version: 'v2', plugins: [plugin] })], {
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
