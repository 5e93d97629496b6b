/** A server that answers like dockerd, from memory and at once: what remains is the watcher's own share. */

import { createServer, type Server, type ServerResponse } from 'node:http'

/** Containers have what dockerd 20.10 describes most of them with: eight kilobytes each. */
const FILLER = 'x'.repeat(7_000)

/** See the head of this file. */
export class FakeDocker implements AsyncDisposable {
  readonly socket: string
  readonly #server: Server
  readonly #streams = new Set<ServerResponse>()

  private constructor(socket: string, count: number) {
    this.socket = socket
    const ids = Array.from({ length: count }, (_, n) => n.toString(16).padStart(64, '0'))
    const list = JSON.stringify(ids.map((Id) => ({ Id, Names: ['/c'], Labels: {}, State: 'running' })))
    const documents = new Map(ids.map((Id, n) => [`/containers/${Id}/json`, documentOf(Id, n)]))
    this.#server = createServer((request, response) => {
      const [path = ''] = (request.url ?? '').replace(/^\/v[\d.]+/, '').split('?')
      if (path === '/events') {
        this.#streams.add(response)
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
        return
      }
      const body = path === '/containers/json' ? list : (documents.get(path) ?? JSON.stringify({ ID: 'fake', ServerVersion: '20.10' }))
      response.writeHead(200, { 'content-type': 'application/json', 'api-version': '1.41' }).end(body)
    })
  }

  static async start(socket: string, count: number): Promise<FakeDocker> {
    const fake = new FakeDocker(socket, count)
    await new Promise<void>((resolve) => fake.#server.listen(socket, resolve))
    return fake
  }

  /** Sends an event to everybody; resolves when it has been taken. */
  async tell(text: string): Promise<void> {
    for (const stream of this.#streams) if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function documentOf(Id: string, n: number): string {
  const State = { Pid: n + 2, Paused: false, StartedAt: '2026-11-28T07:00:00.5Z' }
  return JSON.stringify({ Id, Name: `/c${n}`, Config: { Labels: { n: String(n) } }, State, HostConfig: { Privileged: false }, FILLER })
}
