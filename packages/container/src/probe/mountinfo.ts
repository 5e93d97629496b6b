/** Reader for /proc/PID/mountinfo (proc_pid_mountinfo(5)). */

import { TeuError } from '@teu/spec'

/** One mount. Paths are unescaped. */
export interface MountEntry {
  readonly id: number
  readonly parentId: number
  /** `major:minor` of the file system. */
  readonly device: string
  /** Directory of the file system that is mounted here. */
  readonly root: string
  readonly mountPoint: string
  /** Options of this mount, for example `rw,nosuid`. */
  readonly options: string
  /** `shared:N`, `master:N`, `propagate_from:N`, `unbindable`. */
  readonly propagation: readonly string[]
  readonly type: string
  readonly source: string
  /** Options of the file system itself. */
  readonly superOptions: string
}

/** Parses a whole mountinfo file, in its order: of two mounts at one place the later one is on top.
 *  @param wanted  keep only file systems of these types; the others are not even decoded, which counts on hosts with many mounts
 *  @throws {TeuError} ERR_TEU_SYSTEM with the line of text that is not in the kernel's format */
export function parseMountinfo(text: string, wanted?: readonly string[]): MountEntry[] {
  const entries: MountEntry[] = []
  const lines = text.split('\n')
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    // The separator cannot be part of a field: a space inside of one is escaped.
    const separator = line.indexOf(' - ')
    if (separator < 0) throw malformed(index, line)
    const [type = '', source = '', superOptions = ''] = line.slice(separator + 3).split(' ')
    if (wanted && !wanted.includes(type)) continue
    const [id = '', parentId = '', device = '', root = '', mountPoint = '', options = '', ...propagation] = line
      .slice(0, separator)
      .split(' ')
    if (!/^\d+$/.test(id) || !/^\d+$/.test(parentId) || options === '' || type === '') throw malformed(index, line)
    entries.push({
      id: Number(id),
      parentId: Number(parentId),
      device,
      root: unescapeMountField(root),
      mountPoint: unescapeMountField(mountPoint),
      options,
      propagation,
      type: unescapeMountField(type),
      source: unescapeMountField(source),
      superOptions: unescapeMountField(superOptions),
    })
  }
  return entries
}

/** Undoes the kernel's escapes: a backslash and three octal digits stand for one byte. */
export function unescapeMountField(field: string): string {
  if (!field.includes('\\')) return field
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

function malformed(index: number, line: string): TeuError {
  return new TeuError(
    'ERR_TEU_SYSTEM',
    `Cannot read mountinfo: line ${index + 1} is not in the kernel's format: ${JSON.stringify(line.slice(0, 120))}`,
    {
      line: index + 1,
    },
  )
}
