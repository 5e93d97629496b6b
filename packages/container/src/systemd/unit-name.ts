/** Names of systemd units and where systemd puts their cgroups. Pure. */

import { TeuError } from '@teu/spec'

/** Unit of one container. */
export interface SystemdUnit {
  /** For example `system.slice`. */
  readonly slice: string
  /** For example `teu-web.scope`; a slice of its own when the name of the cgroupsPath ends in `.slice`. */
  readonly name: string
}

/** Reads `slice:prefix:name`, the form of `linux.cgroupsPath` under systemd. An empty path means `<default slice>:teu:<id>`.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for another form, and for names that systemd does not allow
 *  @see systemd.unit(5), systemd.slice(5) */
export function parseSystemdPath(cgroupsPath: string | undefined, id: string, rootless: boolean): SystemdUnit {
  const text = cgroupsPath ? cgroupsPath : `:teu:${id}`
  const parts = text.split(':')
  const [slice = '', prefix = '', name = ''] = parts
  if (parts.length !== 3 || name === '' || /[/\0]/.test(text)) {
    throw invalid(`linux.cgroupsPath: expected "slice:prefix:name" for the systemd cgroup manager, got ${JSON.stringify(text)}`)
  }
  const unit = { slice: slice || (rootless ? 'user.slice' : 'system.slice'), name: unitName(prefix, name) }
  expandSlice(unit.slice)
  return unit
}

function unitName(prefix: string, name: string): string {
  if (name.endsWith('.slice')) {
    expandSlice(name)
    return name
  }
  const unit = escapeUnitName(`${prefix === '' ? '' : `${prefix}-`}${name}.scope`)
  if (unit.length > 255) throw invalid(`linux.cgroupsPath: the unit name ${JSON.stringify(unit)} is longer than 255 bytes`)
  return unit
}

/** Replaces what a unit name must not hold, as systemd-escape(1) does: `+` becomes `\x2b`. */
function escapeUnitName(name: string): string {
  return name.replace(/[^A-Za-z0-9:_.@\\-]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}

/** Path of a slice's cgroup below the root of systemd's tree: `a-b.slice` is `/a.slice/a-b.slice`, `-.slice` is `/`.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function expandSlice(slice: string): string {
  const stem = slice.slice(0, -'.slice'.length)
  if (slice === '-.slice') return '/'
  const components = stem.split('-')
  // `a--b.slice` and `-a.slice` would have a parent without a name.
  if (!slice.endsWith('.slice') || slice.length > 255 || !/^[A-Za-z0-9:_.@\\-]+$/.test(stem) || components.includes('')) {
    throw invalid(`linux.cgroupsPath: ${JSON.stringify(slice)} is not the name of a systemd slice`)
  }
  return components.map((_, index) => `/${components.slice(0, index + 1).join('-')}.slice`).join('')
}

/** Path of a unit's cgroup below the root of the manager's tree. */
export function unitCgroupPath({ slice, name }: SystemdUnit): string {
  const parent = expandSlice(slice)
  return `${parent === '/' ? '' : parent}/${name}`
}

function invalid(message: string): TeuError {
  return new TeuError('ERR_TEU_CONFIG_INVALID', message, { pointer: '/linux/cgroupsPath' })
}
