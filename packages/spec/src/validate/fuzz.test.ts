/** Random configs: valid ones are accepted, mutated ones end in a structured error or are accepted; nothing else ever happens. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isTeuError } from '../error.ts'
import { stringifyJson } from '../json-stringify.ts'
import { parseSpec, validateSpec } from '../validate.ts'

const VALID = 200
const MUTATED = 10_000
const SEED = 20_261_122
/** No single config may take longer, also on a busy machine. */
const MAX_MS = 5000

type Tree = Record<string, unknown>

const FULL = parseSpec(readFileSync(new URL('../../test/full-config.json', import.meta.url)))

/** A small repeatable generator (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Every property that validation demands; all others may go. */
const NEEDED = new Set(
  'ociVersion root path args cwd uid gid type soft hard policy class priority destination containerID hostID size major minor allow rate limit pageSize name hcaHandles defaultAction names action index value op mode nodes domain secs'.split(
    ' ',
  ),
)
/** Properties without which others have no meaning. */
const CONTEXT = new Set('linux namespaces uidMappings gidMappings listenerPath memory unified height width weight'.split(' '))

/** Objects whose keys are data: there is no unknown property in them. */
const MAPS = new Set('annotations sysctl unified rdma netDevices timeOffsets'.split(' '))

/** Drops optional properties of the full config at random, and adds unknown ones. */
function randomValid(random: () => number): unknown {
  const walk = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, name))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).filter(([key]) => NEEDED.has(key) || CONTEXT.has(key) || random() < 0.7)
    if (random() < 0.1 && !MAPS.has(name)) entries.push([`x${Math.floor(random() * 1e6)}`, random() < 0.5 ? null : { deep: [1, 'x'] }])
    return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, key)]))
  }
  const spec = walk(FULL, '') as { process?: Tree; linux: Tree }
  const process = spec.process
  // What is left of the user has to stay in the id maps, which it does; without a user it is root, which is in them too.
  if (process !== undefined && random() < 0.2) delete process.user
  return spec
}

const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  4294967295,
  4294967296,
  -(2 ** 31),
  2n ** 64n,
  -(2n ** 63n) - 1n,
  '',
  '\0',
  '../../x',
  'a\nb',
  '/',
  '\ud800',
  '__proto__',
  '0-4294967295',
  'x'.repeat(70_000),
  [],
  [null],
  [[]],
  {},
  { type: 'pid' },
  { __proto__: null, toString: 1 },
]

const STRANGE_KEYS = STRANGE.filter((value) => typeof value === 'string')

function strange(random: () => number): unknown {
  return structuredClone(STRANGE[Math.floor(random() * STRANGE.length)])
}

/** Changes one to three places of a config: another value, another type, gone, doubled, renamed. */
function mutate(spec: unknown, random: () => number): unknown {
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
    let parent = spec as Tree
    let key = ''
    for (;;) {
      const keys = Object.keys(parent)
      if (keys.length === 0) break
      key = keys[Math.floor(random() * keys.length)] as string
      const below = parent[key]
      if (typeof below !== 'object' || below === null || random() < 0.15) break
      parent = below as Tree
    }
    const kind = random()
    if (kind < 0.6) parent[key] = strange(random)
    else if (kind < 0.75) delete parent[key]
    else if (kind < 0.9 && Array.isArray(parent)) parent.push(structuredClone(parent[0]))
    else parent[STRANGE_KEYS[Math.floor(random() * STRANGE_KEYS.length)] as string] = structuredClone(parent[key])
  }
  return spec
}

/** Text with one to three characters changed, doubled or cut. */
function mutateText(text: string, random: () => number): string {
  const chars = '{}[]",:\\0123456789.eE-+ntfalse \n\t\u0000/*😀'
  let changed = text
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
    const at = Math.floor(random() * changed.length)
    const kind = random()
    if (kind < 0.5) changed = changed.slice(0, at) + chars.charAt(Math.floor(random() * chars.length)) + changed.slice(at + 1)
    else if (kind < 0.7) changed = changed.slice(0, at) + changed.slice(at + 1 + Math.floor(random() * 20))
    else if (kind < 0.9) changed = changed.slice(0, at) + changed.slice(at, at + 30) + changed.slice(at)
    else changed = changed.slice(0, at)
  }
  return changed
}

describe('fuzzing', () => {
  it(`${VALID} random valid configs are accepted, as values and as text`, () => {
    const random = randomFrom(SEED)
    for (let round = 0; round < VALID; round += 1) {
      const spec = randomValid(random)
      validateSpec(spec)
      parseSpec(stringifyJson(spec, random() < 0.5 ? 2 : undefined))
    }
    process.stdout.write(`fuzz: ${VALID} valid configs accepted\n`)
  })

  it(`${MUTATED} mutated configs end in ERR_TEU_CONFIG_INVALID or are accepted`, () => {
    const random = randomFrom(SEED + 1)
    let refused = 0
    let accepted = 0
    let slowestMs = 0
    for (let round = 0; round < MUTATED; round += 1) {
      const isText = round % 2 === 1
      const spec = randomValid(random)
      const input = isText ? mutateText(stringifyJson(spec), random) : mutate(spec, random)
      const start = performance.now()
      try {
        if (isText) parseSpec(input as string, { file: 'config.json' })
        else validateSpec(input)
        accepted += 1
      } catch (error) {
        if (!isTeuError(error, 'ERR_TEU_CONFIG_INVALID') || error.message === '' || error.message.includes('\n')) throw error
        refused += 1
      }
      slowestMs = Math.max(slowestMs, performance.now() - start)
    }
    process.stdout.write(`fuzz: ${MUTATED} mutated configs, ${refused} refused, ${accepted} accepted, slowest ${slowestMs.toFixed(1)} ms\n`)
    expect(refused + accepted).toBe(MUTATED)
    expect(refused).toBeGreaterThan(MUTATED / 2)
    expect(slowestMs).toBeLessThan(MAX_MS)
    expect(Object.keys(Object.prototype)).toEqual([])
  }, 120_000)
})
