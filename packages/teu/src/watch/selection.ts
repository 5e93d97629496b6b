/** `--filter`: which containers and engines are shown. */

import type { Container, EngineRef } from '@teu/watch'
import { usage } from '../cli/parse.ts'

/** What an engine is chosen by. */
type EngineName = Pick<EngineRef, 'type' | 'id' | 'api'>

/** A filter that has been read. */
export interface Selection {
  container(container: Container): boolean
  engine(engine: EngineName): boolean
}

const NAMES = ['label', 'name', 'project', 'engine'] as const
type Name = (typeof NAMES)[number]

/** Values of the same name are alternatives, except for labels, of which each must be there; different names must all fit. `*` in a name or
 *  project stands for anything.
 *  @throws {TeuError} ERR_TEU_USAGE for what is none of the four */
export function selectionOf(filters: readonly string[]): Selection {
  const wanted: Record<Name, string[]> = { label: [], name: [], project: [], engine: [] }
  for (const text of filters) {
    const equals = text.indexOf('=')
    const name = text.slice(0, Math.max(0, equals))
    if (!isName(name)) throw usage(`--filter: expected label=…, name=…, project=… or engine=…, got "${text}"`)
    const value = text.slice(equals + 1)
    if (value === '' && name !== 'project') throw usage(`--filter: ${name}= needs a value`)
    wanted[name].push(value)
  }
  const names = wanted.name.map(patternOf)
  const projects = wanted.project.map(patternOf)
  const engine = (ref: EngineName): boolean => wanted.engine.length === 0 || wanted.engine.some((text) => isEngine(ref, text))
  return {
    engine,
    container: (container) =>
      engine(container.engine) &&
      (names.length === 0 || names.some((matches) => matches(container.name))) &&
      (projects.length === 0 || projects.some((matches) => matches(container.project))) &&
      wanted.label.every((label) => hasLabel(container, label)),
  }
}

function isName(text: string): text is Name {
  return (NAMES as readonly string[]).includes(text)
}

/** Parts between the stars, in their order. A pattern of the engine of regular expressions could take for ever. */
function patternOf(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*')
  const [first = ''] = parts
  if (parts.length === 1) return (text) => text === pattern
  const last = parts.at(-1) ?? ''
  return (text) => {
    if (!text.startsWith(first)) return false
    let from = first.length
    for (const part of parts.slice(1, -1)) {
      const at = text.indexOf(part, from)
      if (at < 0) return false
      from = at + part.length
    }
    return text.length - last.length >= from && text.endsWith(last)
  }
}

function hasLabel({ labels }: Container, wanted: string): boolean {
  const equals = wanted.indexOf('=')
  const key = equals < 0 ? wanted : wanted.slice(0, equals)
  return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === wanted.slice(equals + 1))
}

/** `docker`, `docker.com`, `cri` for `k8s.io/cri-api`, its id, `unix:///run/docker.sock` or the path alone. */
function isEngine({ type, id, api }: EngineName, text: string): boolean {
  return text === type || type.startsWith(`${text === 'cri' ? 'k8s' : text}.`) || text === id || text === api || `unix://${text}` === api
}
