/** A machine for tests of discovery: sockets on which somebody listens, and a /proc that is made up, in a directory of its own. */

import { type Deferred, deferred } from '@teu/spec'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FindOptions } from '../discovery/find-engines.ts'
import type { Source } from '../source.ts'
import { beProcess1, type MadeUpProcess, madeUpProcess } from './made-up-proc.ts'
import { ScriptedEngine } from './scripted-engine.ts'

/** See the head of this file. What is called `whale` is an engine; each of its sockets is a scripted one. */
export class Machine implements AsyncDisposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  /** By address; made when they are asked for. */
  readonly engines = new Map<string, ScriptedEngine>()
  /** What each says that its id is, by the end of the address; `same` otherwise. */
  readonly ids = new Map<string, string>()
  readonly #servers = new Map<string, Server>()
  readonly #connections = new Set<Socket>()
  readonly #connected: Deferred<void> = deferred()
  /** Addresses that have been asked what they are, and the answers. */
  answers: (address: string) => Promise<boolean> = (address) => Promise.resolve(address.endsWith('odd'))

  constructor() {
    this.addProcess(1, 'init', { mnt: '1', root: '/' })
    beProcess1(this.dir)
  }

  path(...names: readonly string[]): string {
    return join(this.dir, ...names)
  }

  get find(): Omit<FindOptions, 'signal'> {
    return { sources: [this.source()], proc: this.path('proc'), users: this.path('users') }
  }

  source(): Source {
    return {
      type: 'scripted',
      sockets: [this.path('run/whale.sock')],
      userSockets: ['whale.sock'],
      socketName: /^whale.*\.sock$/,
      processes: ['whaled'],
      open: (address, options) => Object.assign(this.engine(address), { pid: options?.pid ?? 0 }),
      answers: (address) => this.answers(address),
    }
  }

  engine(address: string): ScriptedEngine {
    const [, id] = [...this.ids].find(([end]) => address.endsWith(end)) ?? ['', 'same']
    const engine = this.engines.get(address) ?? new ScriptedEngine(address, id)
    this.engines.set(address, engine)
    return engine
  }

  async listen(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true })
    const server = createServer((socket) => {
      this.#connections.add(socket.on('error', () => undefined))
      this.#connected.resolve()
    })
    this.#servers.set(path, server)
    await new Promise<void>((resolve) => server.listen(path, resolve))
  }

  /** Resolves when somebody has connected to any of its sockets. */
  connection(): Promise<void> {
    return this.#connected.promise
  }

  async unlisten(path: string): Promise<void> {
    const server = this.#servers.get(path)
    this.#servers.delete(path)
    for (const connection of this.#connections) connection.destroy()
    await new Promise((resolve) => server?.close(resolve))
  }

  addProcess(pid: number, comm: string, facts: MadeUpProcess): void {
    madeUpProcess(this.dir, pid, comm, facts)
  }

  endProcess(pid: number): void {
    rmSync(this.path('proc', String(pid)), { recursive: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#servers.keys()) await this.unlisten(path)
    rmSync(this.dir, { recursive: true })
  }
}
