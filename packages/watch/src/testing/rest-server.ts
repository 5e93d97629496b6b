/** A server on a Unix socket that answers like an engine, for tests. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Answers one request; the target is without its version. */
export type Answer = (target: string, response: ServerResponse, request: IncomingMessage) => void

/** See the head of this file. */
export class RestServer implements AsyncDisposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'teu-watch-'))
  readonly path: string
  readonly targets: string[] = []
  readonly #server: Server
  answer: Answer

  private constructor(name: string, answer: Answer) {
    this.path = join(this.dir, name)
    this.answer = answer
    this.#server = createServer((request, response) => {
      this.targets.push(request.url ?? '')
      this.answer((request.url ?? '').replace(/^\/v[\d.]+/, ''), response, request)
    })
  }

  static async start(name: string, answer: Answer): Promise<RestServer> {
    const server = new RestServer(name, answer)
    await new Promise<void>((resolve) => server.#server.listen(server.path, resolve))
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.dir, { recursive: true })
  }
}

/** A JSON answer. */
export function json(response: ServerResponse, value: unknown, status: number = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
