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
  // Plain loops and no regular expressions: this runs once, cold, at every start of the command line.
  for (let start = 0, number = 1; start < text.length; number++) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    // The separator cannot be part of a field: a space inside of one is escaped.
    const separator = text.indexOf(' - ', start)
    if (separator < 0 || separator > end) throw malformed(number, text.slice(start, end))
    const typeEnd = text.indexOf(' ', separator + 3)
    if (wanted === undefined || wanted.includes(text.slice(separator + 3, typeEnd))) {
      entries.push(parseLine(text.slice(start, separator).split(' '), text.slice(separator + 3, end).split(' '), number))
    }
    start = end + 1
  }
  return entries
}

function parseLine(mount: readonly string[], fileSystem: readonly string[], number: number): MountEntry {
  const id = Number(mount[0])
  const parentId = Number(mount[1])
  const options = mount[5]
  const type = fileSystem[0]
  if (!Number.isInteger(id) || !Number.isInteger(parentId) || !options || !type)
    throw malformed(number, `${mount.join(' ')} - ${fileSystem.join(' ')}`)
  return {
    id,
    parentId,
    device: mount[2] as string,
    root: unescapeMountField(mount[3] as string),
    mountPoint: unescapeMountField(mount[4] as string),
    options,
    propagation: mount.slice(6),
    type: unescapeMountField(type),
    source: unescapeMountField(fileSystem[1] ?? ''),
    superOptions: unescapeMountField(fileSystem[2] ?? ''),
  }
}

/** Undoes the kernel's escapes: a backslash and three octal digits stand for one byte. */
export function unescapeMountField(field: string): string {
  if (!field.includes('\\')) return field
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

function malformed(number: number, line: string): TeuError {
  const quoted = JSON.stringify(line.slice(0, 120))
  return new TeuError('ERR_TEU_SYSTEM', `Cannot read mountinfo: line ${number} is not in the kernel's format: ${quoted}`, { line: number })
}
