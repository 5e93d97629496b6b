/** D-Bus type signatures. Pure. */

/** A complete type, taken apart. */
export type DBusType =
  | { readonly kind: 'basic'; readonly code: string }
  | { readonly kind: 'variant' }
  | { readonly kind: 'array'; readonly element: DBusType }
  | { readonly kind: 'struct'; readonly members: readonly DBusType[] }

const BASIC = 'ybnqiuxtdsog'
/** Nesting that the specification allows, for arrays and structs together. */
const MAX_DEPTH = 64

/** Takes a signature apart into its complete types. Dictionary entries come out as structs of two members.
 *  @throws {RangeError} for what is not a signature */
export function parseSignature(signature: string): DBusType[] {
  if (signature.length > 255) throw new RangeError(`D-Bus signature of ${signature.length} bytes`)
  const types: DBusType[] = []
  let position = 0
  while (position < signature.length) {
    const [type, next] = parseOne(signature, position, 0)
    types.push(type)
    position = next
  }
  return types
}

function parseOne(signature: string, position: number, depth: number): [type: DBusType, next: number] {
  const code = signature[position]
  if (code === undefined || depth > MAX_DEPTH) throw malformed(signature, position)
  if (BASIC.includes(code)) return [{ kind: 'basic', code }, position + 1]
  if (code === 'v') return [{ kind: 'variant' }, position + 1]
  if (code === 'a') {
    const [element, next] =
      signature[position + 1] === '{' ? parseMembers(signature, position + 1, '}', depth) : parseOne(signature, position + 1, depth + 1)
    return [{ kind: 'array', element }, next]
  }
  if (code === '(') return parseMembers(signature, position, ')', depth)
  throw malformed(signature, position)
}

function parseMembers(signature: string, start: number, end: string, depth: number): [type: DBusType, next: number] {
  const members: DBusType[] = []
  let position = start + 1
  while (signature[position] !== end) {
    const [member, next] = parseOne(signature, position, depth + 1)
    members.push(member)
    position = next
  }
  if (members.length === 0 || (end === '}' && (members.length !== 2 || members[0]?.kind !== 'basic'))) throw malformed(signature, start)
  return [{ kind: 'struct', members }, position + 1]
}

/** Boundary on which a value of the type begins. */
export function alignmentOf(type: DBusType): number {
  if (type.kind === 'basic') return { y: 1, g: 1, n: 2, q: 2, x: 8, t: 8, d: 8 }[type.code] ?? 4
  return { variant: 1, array: 4, struct: 8 }[type.kind]
}

function malformed(signature: string, position: number): RangeError {
  return new RangeError(`D-Bus signature ${JSON.stringify(signature)} is malformed at ${position}`)
}
