/**
 * Sockets in other mount namespaces, reached by way of /proc/PID/root.
 *
 * Whoever lives there can put a symbolic link in the place of a socket, or of a directory above it, at any moment, and the kernel would
 * follow it from our own root: to a socket that those over there cannot even see. So a path is never handed to connect(). Its parts are opened
 * one after the other, without following links, which are resolved inside of that root by hand; and the socket that was found is connected
 * to by its descriptor. Node has no openat2(2) with RESOLVE_IN_ROOT.
 *
 * The root is kept open: the process that it was opened by may end while others live on in the namespace.
 */

import { constants } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'
import { TeuError } from '@teu/spec'

/** Names a file and gives no access to it. Node has no constant for it; it is the same on x86-64 and arm64. */
const O_PATH = 0o10000000

/** What the kernel allows (MAXSYMLINKS). */
const MAX_LINKS = 40

/** Directories that are open at the same time. */
const MAX_DEPTH = 64

const FOREIGN = /^(.*?\/proc\/\d+\/root)(\/.+)$/

const pathOf = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`

/** True for paths that lead through a process. */
export function isForeign(path: string): boolean {
  return FOREIGN.test(path)
}

interface Held {
  readonly handle: FileHandle
  readonly identity: string
}

/** See the head of this file. Nothing is open before it is used. */
export class ForeignSocket implements AsyncDisposable {
  readonly #path: string
  readonly #root: string
  readonly #below: string
  #opened: FileHandle | undefined
  /** The newest last. The one before may still be about to be connected to. */
  readonly #held: Held[] = []
  #looking: Promise<Held | undefined> | undefined
  #isDisposed = false

  /** @param path  as {@link isForeign} has it */
  constructor(path: string) {
    const [, root = '', below = ''] = FOREIGN.exec(path) ?? []
    this.#path = path
    this.#root = root
    this.#below = below
  }

  /** A path for connect(), which leads to that socket and nowhere else, as long as this is not disposed.
   *  @throws {TeuError} ERR_TEU_SYSTEM with ENOENT when there is no socket */
  async path(): Promise<string> {
    const held = await this.#look()
    if (held !== undefined) return pathOf(held.handle)
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot talk to ${this.#path}: there is no socket`, {
      syscall: 'open',
      errno: 'ENOENT',
      path: this.#path,
    })
  }

  /** Device and inode of the socket that is there now; undefined when there is none. */
  async identity(): Promise<string | undefined> {
    return (await this.#look())?.identity
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    await this.#looking
    await Promise.all(this.#held.splice(0).map(({ handle }) => handle.close()))
    await this.#opened?.close()
    this.#opened = undefined
  }

  #look(): Promise<Held | undefined> {
    this.#looking ??= this.#find().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #find(): Promise<Held | undefined> {
    if (this.#isDisposed) return undefined
    try {
      this.#opened ??= await open(this.#root, O_PATH | constants.O_DIRECTORY)
      const handle = await openInRoot(this.#opened, this.#below)
      return handle === undefined ? undefined : await this.#hold(handle)
    } catch {
      // It is not there, or not for us; which of them makes no difference.
      return undefined
    }
  }

  async #hold(handle: FileHandle): Promise<Held | undefined> {
    const facts = await handle.stat({ bigint: true })
    const identity = `${facts.dev}:${facts.ino}`
    const newest = this.#held.at(-1)
    if (!facts.isSocket() || newest?.identity === identity) {
      await handle.close()
      return facts.isSocket() ? newest : undefined
    }
    const held = { handle, identity }
    this.#held.push(held)
    if (this.#held.length > 2) await this.#held.shift()?.handle.close()
    return held
  }
}

/** Does something with a path for connect(): with `path` itself, unless it leads through a process. Rejects when there is no socket. */
export async function withSocketPath<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  if (!isForeign(path)) return await work(path)
  await using socket = new ForeignSocket(path)
  return await work(await socket.path())
}

/** Opens what is at `path` below `root`, without ever leaving it, also if it is changed meanwhile.
 *  @returns  undefined when there are too many links or directories
 *  @throws the system's error, such as ENOENT */
async function openInRoot(root: FileHandle, path: string): Promise<FileHandle | undefined> {
  const way: FileHandle[] = []
  const leave = (count: number): Promise<unknown> => Promise.all(way.splice(way.length - count).map((one) => one.close()))
  let ahead = path.split('/')
  let links = 0
  try {
    for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
      if (name === '' || name === '.') continue
      if (name === '..') {
        await leave(Math.min(1, way.length))
        continue
      }
      const next = `${pathOf(way.at(-1) ?? root)}/${name}`
      const handle = await open(next, O_PATH | constants.O_NOFOLLOW)
      way.push(handle)
      if ((await handle.stat()).isSymbolicLink()) {
        await leave(1)
        if (++links > MAX_LINKS) return undefined
        const target = await readlink(next)
        if (target.startsWith('/')) await leave(way.length)
        ahead = [...target.split('/'), ...ahead]
      } else if (way.length > MAX_DEPTH) return undefined
    }
    return way.pop()
  } finally {
    await leave(way.length)
  }
}
