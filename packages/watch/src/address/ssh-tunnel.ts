/**
 * An engine of another machine by way of ssh(1), as the docker command does it: `docker system dial-stdio` there joins its standard streams
 * to its engine. Each connection is a program of its own, behind a socket in a directory that is only ours.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { TeuError, delay } from '@teu/spec'
import { LinkedAbort } from '../watcher/pause.ts'
import type { SshAddress } from './engine-address.ts'

const CONNECT_TIMEOUT_S = 30
/** A machine that has gone is noticed after three of these. */
const ALIVE_INTERVAL_S = 15
const MAX_COMPLAINT = 500
const LAST_WORDS_MS = 200
/** Time for taking leave of the other machine. */
const PATIENCE_MS = 2_000

/** The command line.
 *  @param program  what is asked for the connection on the other machine: `docker` or `podman` */
export function sshCommand({ user, host, port, path }: SshAddress, program: string): string[] {
  const options = [
    // Nobody is there to be asked for a password, least of all at each new attempt.
    'BatchMode=yes',
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
    `ServerAliveInterval=${ALIVE_INTERVAL_S}`,
  ].flatMap((option) => ['-o', option])
  const who = user === undefined ? [] : ['-l', user]
  const where = port === undefined ? [] : ['-p', String(port)]
  // The other side's shell takes this apart; parseAddress() lets nothing through that means something to one.
  const remote = path === undefined ? [program] : [program, program === 'podman' ? '--url' : '--host', `unix://${path}`]
  return ['ssh', ...options, ...who, ...where, '-T', '--', host, ...remote, 'system', 'dial-stdio']
}

/** See the head of this file. */
export class SshTunnel implements AsyncDisposable {
  readonly #command: readonly string[]
  readonly #patienceMs: number
  readonly #children = new Map<ChildProcess, Promise<void>>()
  readonly #sockets = new Set<Socket>()
  #opening: Promise<string> | undefined
  #server: Server | undefined
  #directory: string | undefined
  readonly #closing = new AbortController()
  #complaint = ''

  /** @param patienceMs  how long a program may take to end before it is killed */
  constructor(address: SshAddress, program: string, patienceMs: number = PATIENCE_MS) {
    this.#command = sshCommand(address, program)
    this.#patienceMs = patienceMs
  }

  /** What ssh has said last when it failed; empty for nothing. */
  get complaint(): string {
    return this.#complaint
  }

  /** Path of the local socket, which is made with the first call. */
  async socket(): Promise<string> {
    if (this.#closing.signal.aborted) throw new TeuError('ERR_TEU_INVALID_STATE', 'The connection by ssh is closed')
    this.#opening ??= this.#open()
    return await this.#opening
  }

  /** Ends everything, and resolves when no program is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#opening?.catch(() => undefined)
    const closed = new Promise((resolve) => (this.#server === undefined ? resolve(undefined) : this.#server.close(resolve)))
    for (const socket of this.#sockets) socket.destroy()
    for (const child of this.#children.keys()) child.kill('SIGTERM')
    const timer = setTimeout(() => {
      for (const child of this.#children.keys()) child.kill('SIGKILL')
    }, this.#patienceMs)
    await Promise.all([closed, ...this.#children.values()])
    clearTimeout(timer)
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true })
    this.#directory = undefined
  }

  async #open(): Promise<string> {
    this.#directory = await mkdtemp(join(tmpdir(), 'teu-ssh-'))
    const path = join(this.#directory, 'engine.sock')
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#carry(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return path
  }

  #carry(socket: Socket): void {
    const [file = '', ...args] = this.#command
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#sockets.add(socket)
    this.#children.set(
      child,
      this.#end(child).finally(() => {
        this.#children.delete(child)
        // Not before: whoever sees the end is to find what ssh has said about it.
        socket.end()
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      }),
    )
    let said = ''
    this.#complaint = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-MAX_COMPLAINT)
      this.#complaint = readable(said)
    })
    socket.pipe(child.stdin)
    child.stdout.pipe(socket, { end: false })
    // Whoever of the two ends first takes the other along.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      child.kill('SIGTERM')
    })
  }

  /** Resolves when the program has ended, and all that it has written was read. A helper of it, such as the master of ControlPersist, may keep
   *  its streams for longer, and is not waited for. */
  async #end(child: ChildProcess): Promise<void> {
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.on('error', (error) => {
        this.#complaint = `cannot run ssh: ${error.message}`
        resolve()
      })
    })
    const late = new LinkedAbort(this.#closing.signal)
    await Promise.race([closed, delay(LAST_WORDS_MS, late.signal)])
    late.abort(undefined)
    late[Symbol.dispose]()
  }
}

/** The other machine may have written it, and control characters could steer a terminal. */
function readable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
}
