/** A server that answers like dockerd, from memory and at once, in a process of its own: what remains is the watcher's share. */

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'

/** What it is told to send to everybody who listens to events. */
interface Order {
  readonly text: string
  readonly times: number
}

/** Documents of dockerd 20.10 have seven kilobytes. */
const FILLER = 'x'.repeat(6_500)

/** See the head of this file. */
export class FakeDocker implements AsyncDisposable {
  readonly socket: string
  readonly #child: ChildProcess

  private constructor(socket: string, child: ChildProcess) {
    this.socket = socket
    this.#child = child
  }

  static async start(socket: string, count: number): Promise<FakeDocker> {
    const child = fork(fileURLToPath(import.meta.url), [socket, String(count)], { execArgv: process.execArgv })
    await once(child, 'message')
    return new FakeDocker(socket, child)
  }

  /** Sends text to everybody who listens to events; resolves when it is on its way. */
  async tell(text: string, times: number): Promise<void> {
    this.#child.send({ text, times } satisfies Order)
    await once(this.#child, 'message')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}

function documentOf(Id: string, n: number): string {
  const State = { Pid: n + 2, Paused: false, StartedAt: '2026-11-28T07:00:00.5Z' }
  return JSON.stringify({ Id, Name: `/c${n}`, Config: { Labels: { n: String(n) } }, State, HostConfig: { Privileged: false }, FILLER })
}

function serve(socket: string, count: number, report: (what: string) => void): void {
  const ids = Array.from({ length: count }, (_, n) => n.toString(16).padStart(64, '0'))
  const list = JSON.stringify(ids.map((Id) => ({ Id, Names: ['/c'], Labels: {}, State: 'running' })))
  const documents = new Map(ids.map((Id, n) => [`/containers/${Id}/json`, documentOf(Id, n)]))
  const streams = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').replace(/^\/v[\d.]+/, '').split('?')
    response.writeHead(200, { 'content-type': 'application/json', 'api-version': '1.41' })
    if (path === '/events') {
      streams.add(response)
      response.flushHeaders()
      return
    }
    response.end(path === '/containers/json' ? list : (documents.get(path) ?? JSON.stringify({ ID: 'fake', ServerVersion: '20.10' })))
  })
  process.on('message', ({ text, times }: Order) => {
    void (async () => {
      for (let n = 0; n < times; n++) {
        for (const stream of streams) if (!stream.write(text)) await once(stream, 'drain')
      }
      report('told')
    })()
  })
  server.listen(socket, () => report('listening'))
}

const [, file, socket, count] = process.argv
if (file === fileURLToPath(import.meta.url)) serve(socket ?? '', Number(count), (what) => process.send?.(what))
