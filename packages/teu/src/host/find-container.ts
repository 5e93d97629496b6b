/** Containers by what people write for them. */

import { TeuError } from '@teu/spec'
import type { ContainerRecord, Host } from './host.ts'

/** Where nerdctl keeps the names that people give. */
const NAME_LABEL = 'nerdctl/name'
const ID_PART = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Name of a container beside its id, where its maker has given one. */
export function nameOf({ labels }: Pick<ContainerRecord, 'labels'>): string {
  return labels[NAME_LABEL] ?? ''
}

/** The one container of that id or name, or else the one whose id begins so.
 *  @param what  what is asked for, to complete "Cannot …"
 *  @throws {TeuError} ERR_TEU_NOT_FOUND; ERR_TEU_USAGE when several have that name, or ids that begin so */
export async function findContainer(host: Host, text: string, what: string): Promise<ContainerRecord> {
  const found = ID_PART.test(text) ? await host.containers(filtersFor(text)) : []
  const exact = found.find(({ id }) => id === text)
  if (exact !== undefined) return exact
  const [named, ...namesakes] = found.filter((record) => nameOf(record) === text)
  // A name is a label, which more clients than nerdctl can set: never act on one that was not meant.
  if (namesakes.length > 0) {
    throw new TeuError('ERR_TEU_USAGE', `Cannot ${what} "${text}": ${namesakes.length + 1} containers have that name`, {
      remedy: 'Give an id',
    })
  }
  if (named !== undefined) return named
  const [first, ...others] = found.filter(({ id }) => id.startsWith(text))
  if (first === undefined) {
    throw new TeuError('ERR_TEU_NOT_FOUND', `Cannot ${what} "${text}": there is no such container in namespace "${host.namespace}"`, {
      containerId: text,
      remedy: 'teu ps --all lists the containers; --namespace chooses others',
    })
  }
  if (others.length > 0) {
    throw new TeuError('ERR_TEU_USAGE', `Cannot ${what} "${text}": ${others.length + 1} containers have ids that begin so`, {
      remedy: 'Give more of the id',
    })
  }
  return first
}

/** In a filter a backslash would have to survive two parsers; a class of one character needs none. */
function filtersFor(text: string): string[] {
  return [`id=="${text}"`, `id~="^${text.replaceAll('.', '[.]')}"`, `labels."${NAME_LABEL}"=="${text}"`]
}
