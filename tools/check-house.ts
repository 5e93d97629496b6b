/** House rules that no formatter or linter knows: names, sizes, which package may import which, what is loaded at start, licences, doc
 *  comments, wording. */

import { readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { projectFiles } from './project-files.ts'
import { home } from './step.ts'

/** Arrows of docs/architecture.md: what each package may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  init: ['spec'],
  container: ['spec', 'init'],
  engine: ['spec', 'init', 'container'],
  containerd: ['spec'],
  watch: ['spec'],
  teu: ['spec', 'init', 'container', 'engine', 'containerd', 'watch'],
}
/** Runtime dependencies, with the record of the decision for each. */
const DECIDED: Readonly<Record<string, string>> = {
  '@bufbuild/protobuf': 'docs/adr/0010-grpc-libraries.md',
  '@grpc/grpc-js': 'docs/adr/0010-grpc-libraries.md',
  'tar-stream': 'docs/adr/0010-grpc-libraries.md',
}
const MAX_LINES = 400
const SHAPELESS_NAMES = new Set(['utils.ts', 'util.ts', 'common.ts', 'helpers.ts', 'misc.ts', 'shared.ts'])
const PERMISSIVE = /^(MIT|MIT-0|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|MPL-2\.0|Python-2\.0)$/
/** Words that must not stay in the tree; written so that this file does not find itself. */
const UNWANTED: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`\\b(${['TO', 'DO|FIX', 'ME|XX', 'X'].join('')})\\b`), 'unfinished work belongs in an issue'],
  [/(?:^|[\s"'`(=])\/work\//, 'path of one machine'],
  [/@ts-(?:ignore|nocheck)/, 'switches the type checker off'],
]

const text = (file: string): string => readFileSync(join(home, file), 'utf8')

function checkName(file: string): string[] {
  const name = basename(file)
  if (SHAPELESS_NAMES.has(name)) return [`${file}: a file is named for its idea`]
  return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|mjs|c|h)$/.test(name) ? [] : [`${file}: not kebab-case`]
}

function checkSize(file: string, source: string): string[] {
  const lines = source.split('\n').length - 1
  return lines > MAX_LINES ? [`${file}: ${lines} lines, look for the second idea (limit ${MAX_LINES})`] : []
}

function checkImports(file: string, source: string): string[] {
  const owner = /^packages\/(\w+)\//.exec(file)?.[1]
  if (owner === undefined) return []
  const findings: string[] = []
  for (const [, name = ''] of source.matchAll(/^(?:import|export)\b[^'"\n]*?(?:from\s+)?'([^']+)'|^\} from '([^']+)'/gm)) {
    const target = /^@teu\/([\w-]+)(\/.*)?$/.exec(name)
    if (target !== null) {
      const [, other = '', deep] = target
      if (deep !== undefined) findings.push(`${file}: imports ${name}; a package's only door is its index.ts`)
      if (other !== owner && !(MAY_IMPORT[owner] ?? []).includes(other)) findings.push(`${file}: ${owner} must not import ${name}`)
    } else if (name.endsWith('/init/dist/teu-init')) {
      // The one file of another package that is embedded as a whole.
    } else if (name.startsWith('.') && !normalize(join(dirname(file), name)).startsWith(`packages/${owner}/`)) {
      if (!/\.test\.ts$|\/test\/|\/tools\//.test(file)) findings.push(`${file}: ${name} leaves the package`)
    }
  }
  return findings
}

/** What teu-oci loads at every start: all of these but the doors to systemd, daemons and engines, which are behind dynamic imports. */
const LOADED_AT_START = /^packages\/(?:spec|init|container|teu)\/src\/(?!human\/|host\/|watch\/|systemd\/|testing\/)(?!.*\.test\.ts$)/
const CHEAP_MODULES: ReadonlySet<string> = new Set(['node:fs', 'node:path'])

/** The command lines start anew for each command, and most modules of the engine take longer to load than a command has work. */
function checkModules(file: string, source: string): string[] {
  if (!LOADED_AT_START.test(file)) return []
  const findings: string[] = []
  for (const [, name = ''] of source.matchAll(/^(?:import (?!type )[^'"\n]*|\} from )'(node:[\w/]+)'/gm)) {
    if (CHEAP_MODULES.has(name)) continue
    findings.push(`${file}: loads ${name} at every start of a command; take it with process.getBuiltinModule() where it is used`)
  }
  return findings
}

/** The client of daemons and its gRPC library take longer to load than most commands have work: whoever is loaded at every start reaches
 *  the commands for daemons, and they the client, by a dynamic import only. */
function checkDoors(file: string, source: string): string[] {
  const area = /^packages\/teu\/src\/(\w+)/.exec(file)?.[1]
  if (area === undefined || area === 'testing' || file.endsWith('.test.ts')) return []
  const isClient = /\/host\/(?:containerd-[\w-]+|usage)\.ts$/.test(file)
  const isDoor = (name: string): boolean =>
    area === 'host'
      ? !isClient && (name === '@teu/containerd' || /^\.\/(?:containerd-[\w-]+|usage)\.ts$/.test(name))
      : name === '@teu/containerd' || name.includes('/host/')
  return valueImports(source)
    .filter(isDoor)
    .map((name) => `${file}: loads ${name} at once; import() it where it is used`)
}

/** Modules that are loaded with a file: what is imported or exported other than as a type. */
function valueImports(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)(?! type\b)\b(?:[^'"\n]*|[^'"]*?\n\} )(?:from )?'([^']+)'/gm)
  return Array.from(statements, ([, name = '']) => name)
}

/** Exported functions and classes need a doc comment. */
function checkDocComments(file: string, source: string): string[] {
  if (!/^packages\/\w+\/src\//.test(file) || /\.(test|gen)\.ts$/.test(file)) return []
  const lines = source.split('\n')
  return lines.flatMap((line, n) => {
    const name = /^export (?:default |async |abstract |declare )*(?:function\*?|class) (\w+)/.exec(line)?.[1]
    if (name === undefined) return []
    const before = lines[n - 1] ?? ''
    const overload = before.startsWith(`export function ${name}`)
    return before.trimEnd().endsWith('*/') || overload ? [] : [`${file}:${n + 1}: export ${name} has no doc comment`]
  })
}

function checkWording(file: string, source: string): string[] {
  return source.split('\n').flatMap((line, n) => {
    const hit = UNWANTED.find(([pattern]) => pattern.test(line))
    return hit === undefined ? [] : [`${file}:${n + 1}: "${line.trim().slice(0, 60)}": ${hit[1]}`]
  })
}

/** An SPDX expression of which one alternative is free to use. */
const isPermissive = (license: string): boolean =>
  license
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((alternative) => alternative.split(' AND ').every((one) => PERMISSIVE.test(one)))

/** Own packages carry the project's licence and depend on each other and on what a decision record names; everything installed is free to use. */
function checkLicences(files: readonly string[]): string[] {
  const findings: string[] = []
  for (const file of files.filter((name) => /^packages\/\w+\/package\.json$/.test(name))) {
    const manifest = JSON.parse(text(file)) as { license?: string; dependencies?: Record<string, string> }
    if (manifest.license !== 'Apache-2.0') findings.push(`${file}: license is ${manifest.license ?? 'missing'}, not Apache-2.0`)
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (!name.startsWith('@teu/') && !files.includes(DECIDED[name] ?? ''))
        findings.push(`${file}: runtime dependency ${name} has no decision record in docs/adr`)
    }
  }
  const lock = JSON.parse(text('package-lock.json')) as { packages: Record<string, { license?: string }> }
  for (const [where, { license }] of Object.entries(lock.packages)) {
    if (license !== undefined && !isPermissive(license)) findings.push(`package-lock.json: ${where} has licence ${license}`)
  }
  return findings
}

/** All findings, one line each. */
export function checkHouse(): string[] {
  const files = projectFiles()
  const findings = checkLicences(files)
  for (const file of files.filter((name) => /\.(ts|mjs|c|h|md|json)$/.test(name) && name !== 'package-lock.json')) {
    const source = text(file)
    findings.push(...checkWording(file, source))
    if (!/\.(ts|mjs|c|h)$/.test(file)) continue
    findings.push(...checkName(file))
    if (!/\.gen\.\w+$/.test(file)) findings.push(...checkSize(file, source))
    if (file.endsWith('.ts'))
      findings.push(
        ...checkImports(file, source),
        ...checkModules(file, source),
        ...checkDoors(file, source),
        ...checkDocComments(file, source),
      )
  }
  return findings
}
