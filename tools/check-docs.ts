/** Documents: links lead somewhere, and every error code is explained. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { projectFiles } from './project-files.ts'
import { home } from './step.ts'

const text = (file: string): string => readFileSync(join(home, file), 'utf8')

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

/** Markdown without fenced and inline code, where brackets mean something else. */
const prose = (markdown: string): string => markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')

const anchorsOf = (markdown: string): Set<string> =>
  new Set([...markdown.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => anchor(heading)))

function checkLinks(file: string): string[] {
  return [...prose(text(file)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path = '', fragment] = link.split('#')
    const target = path === '' ? file : normalize(join(dirname(file), path))
    if (!existsSync(join(home, target))) return [`${file}: link to ${link}, but there is no ${target}`]
    const dead = fragment !== undefined && target.endsWith('.md') && !anchorsOf(text(target)).has(fragment)
    return dead ? [`${file}: link to ${link}, but ${target} has no such heading`] : []
  })
}

/** Every member of TeuErrorCode has a heading in docs/errors.md, and no other code has one. */
function checkErrorCodes(): string[] {
  const codes = [...text('packages/spec/src/error.ts').matchAll(/^ {2}\| '(ERR_TEU_\w+)'/gm)].map(([, code = '']) => code)
  const explained = [...text('docs/errors.md').matchAll(/^## `?(ERR_TEU_\w+)/gm)].map(([, code = '']) => code)
  return [
    ...codes.filter((code) => !explained.includes(code)).map((code) => `docs/errors.md: ${code} is not explained`),
    ...explained.filter((code) => !codes.includes(code)).map((code) => `docs/errors.md: ${code} is no error code`),
  ]
}

/** All findings, one line each. */
export function checkDocs(): string[] {
  const documents = projectFiles().filter((file) => file.endsWith('.md'))
  return [...documents.flatMap((file) => checkLinks(file)), ...checkErrorCodes()]
}
