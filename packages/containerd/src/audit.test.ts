/** The page on what is tested is complete, and names tests that there are. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const PACKAGE = join(import.meta.dirname, '..')
const page = readFileSync(join(PACKAGE, 'test/audit.md'), 'utf8')
const source = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')

/** The rows of a section: what stands in the first column, and in the last. */
function rows(section: string): (readonly [subject: string, tests: readonly string[]])[] {
  const [, text = ''] = page.split(`## ${section}\n`)
  const lines = (text.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  return lines.slice(1).map((line) => {
    const cells = line.slice(2, -2).split(' | ')
    return [(cells[0] ?? '').replaceAll('`', ''), (cells.at(-1) ?? '').split('<br>')]
  })
}

/** The words of a union of texts. */
function wordsOf(type: string): string[] {
  const [, union = ''] = new RegExp(`export type ${type} =([^/]*?)\\n\\n`).exec(source('types.ts')) ?? []
  return [...union.matchAll(/'([a-z-]+)'/g)].map(([, word = '']) => word)
}

const FILES: Readonly<Record<string, string>> = {
  life: 'lifecycle',
  stdio: 'stdio',
  bad: 'bad-conditions',
  killed: 'killed-daemon',
  restart: 'daemon-restart',
  checkpoint: 'checkpoint',
  many: 'many-containers',
  chaos: 'chaos',
  readme: 'readme',
}

function textOf(group: string): string {
  if (group !== 'unit') return readFileSync(join(PACKAGE, 'test', `${FILES[group]}.test.ts`), 'utf8')
  const names = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('audit'))
    .map(source)
    .join('\n')
}

test('every method, event and status has a row', () => {
  const client = /export interface Client extends AsyncDisposable \{[\s\S]*?^\}/m.exec(source('client.ts'))?.[0] ?? ''
  const methods = [...client.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name)
  expect(methods).toHaveLength(20)
  expect(rows('Methods').map(([subject]) => subject)).toEqual(methods)
  expect(rows('Events').map(([subject]) => subject)).toEqual(wordsOf('TaskEventType'))
  expect(rows('Statuses').map(([subject]) => subject)).toEqual(wordsOf('TaskStatus'))
})

test.each(['Methods', 'Events', 'Statuses', 'Bad conditions'].flatMap(rows))('%s: its tests exist', (_subject, tests) => {
  expect(tests.length).toBeGreaterThan(0)
  for (const one of tests) {
    const [, group = '', name = ''] = /^(\w+): (.+)$/.exec(one) ?? []
    expect(textOf(group).includes(name), one).toBe(true)
  }
})
