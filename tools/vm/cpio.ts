/** Archives in the "newc" format of cpio, which the kernel unpacks as the first root file system (initramfs buffer format). */

/** A file, directory or symbolic link of an archive. */
export interface Entry {
  /** Path without a leading slash. */
  readonly name: string
  /** Type and permission bits as in st_mode. */
  readonly mode: number
  /** Content of a file, target of a link. */
  readonly data?: Uint8Array
}

const S_IFDIR = 0o040000
const S_IFREG = 0o100000

/** A directory with mode 0755. */
export const directory = (name: string): Entry => ({ name, mode: S_IFDIR | 0o755 })
/** A file with mode 0755. */
export const program = (name: string, data: Uint8Array): Entry => ({ name, mode: S_IFREG | 0o755, data })

const pad = (size: number): Buffer => Buffer.alloc((4 - (size % 4)) % 4)

function record(entry: Entry, inode: number): Buffer[] {
  const data = entry.data ?? Buffer.alloc(0)
  const name = Buffer.from(`${entry.name}\0`)
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, entry.mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0]
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
  return [head, name, pad(head.length + name.length), Buffer.from(data), pad(data.length)]
}

/** The bytes of an archive of these entries. */
export function cpio(entries: readonly Entry[]): Buffer {
  const records = entries.flatMap((entry, n) => record(entry, n + 1))
  return Buffer.concat([...records, ...record({ name: 'TRAILER!!!', mode: 0 }, 0)])
}
