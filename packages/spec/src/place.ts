/** Where a value stands in a document: its key and the places above it. The document itself has no place (undefined). */
export interface Place {
  readonly up: Place | undefined
  readonly key: string | number
}

/** Keys from the top to the place. */
export function keysOf(place: Place | undefined): (string | number)[] {
  const keys: (string | number)[] = []
  for (let at = place; at !== undefined; at = at.up) keys.unshift(at.key)
  return keys
}

/** RFC 6901 pointer: `/mounts/3/destination`. */
export function pointerOf(place: Place | undefined): string {
  return keysOf(place)
    .map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

/** Dotted form for people: `mounts[3].destination`, `annotations["a.b"]`. */
export function dottedPath(place: Place | undefined): string {
  let path = ''
  for (const key of keysOf(place)) {
    if (typeof key === 'number') path += `[${key}]`
    else if (/^[A-Za-z_]\w*$/.test(key)) path += path === '' ? key : `.${key}`
    else path += `[${JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key)}]`
  }
  return path
}

/** The place that an RFC 6901 pointer names; numbers are taken as list indexes. */
export function placeOf(pointer: string): Place | undefined {
  let place: Place | undefined
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    place = { up: place, key: /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : key }
  }
  return place
}
