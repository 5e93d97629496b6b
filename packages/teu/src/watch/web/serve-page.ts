/** `teu watch --web`: a page on this machine's loopback, and the events behind it. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { TeuError } from '@teu/spec'
import type { MergedWatcher } from '@teu/watch'
import type { Selection } from '../selection.ts'
import { Board } from './board.ts'
import { admit, newToken } from './gate.ts'
import { type GuestLimits, Guests } from './guests.ts'
import { PAGE, PAGE_HASHES } from './page.gen.ts'
import { COMMON_HEADERS, pagePolicy } from './response-headers.ts'
import { type Sampler, Sampling } from './sampling.ts'
import { shortText } from './short-text.ts'
import { Viewer, type ViewerTimes } from './viewer.ts'

/** Options of {@link servePage}. Nothing of it is closed with the page but the page's own sockets and timers. */
export interface PageOptions {
  readonly watcher: MergedWatcher
  readonly sampler: Sampler
  /** Which engines and containers are shown. Default: all. */
  readonly selection?: Selection | undefined
  /** Of 127.0.0.1; any that is free when absent or 0. */
  readonly port?: number | undefined
  /** Aborting closes everything. */
  readonly signal: AbortSignal
  /** Between two samples, in milliseconds. Default 1000. */
  readonly intervalMs?: number | undefined
  /** Is told why something could not be shown; the page goes on. */
  readonly failed?: ((error: unknown) => void) | undefined
  /** For tests. */
  readonly times?: Partial<PageTimes> | undefined
  /** For tests. */
  readonly guests?: Partial<GuestLimits> | undefined
}

/** Times in milliseconds. */
export interface PageTimes extends ViewerTimes {
  /** From the first byte of a request to its last. */
  readonly requestMs: number
}

/** A page that is being served. */
export interface ServedPage {
  /** Whoever knows it can see the containers: it has the token. */
  readonly url: string
  /** Resolves when the signal was aborted, and no socket is left and no sample under way; but for those, on Bun, on which nothing has been asked yet: its server does
   *  not know them, and they go with the process. */
  readonly closed: Promise<void>
}

const ADDRESS = '127.0.0.1'
const INTERVAL_MS = 1_000
/** Ten minutes at one sample a second; about 10 KB for each container. */
const HISTORY_SAMPLES = 600
/** Browsers allow six connections to one host; the rest is for other browsers. A stranger's is closed as soon as a request is taken. Bun's
 *  server does not tell of connections before their first request. */
const GUESTS: GuestLimits = { strangers: 64, strangerMs: 5_000, known: 64 }
const MOST_VIEWERS = 16
const MOST_HEADER_BYTES = 8 * 1024
/** How long somebody with the token may take for the next request, and how often that is looked at. */
const REQUEST_MS = 5_000
const CHECK_MS = 1_000
const TIMES: PageTimes = { batchMs: 250, stuckMs: 30_000, requestMs: REQUEST_MS }

/** Serves the page on 127.0.0.1, and nowhere else. Every request needs the token in the URL, see {@link admit}. Usage is sampled while a page
 *  is open, and only then.
 *  @throws {TeuError} ERR_TEU_SYSTEM when the port cannot be had */
export async function servePage(options: PageOptions): Promise<ServedPage> {
  const { watcher, sampler, port = 0, signal, intervalMs = INTERVAL_MS, failed = () => undefined } = options
  signal.throwIfAborted()
  const token = newToken()
  const board = new Board(watcher, HISTORY_SAMPLES, options.selection, failed)
  const sampling = new Sampling(sampler, board, intervalMs)
  const page = new PageServer(token, board, sampling, intervalMs, { ...TIMES, ...options.times }, { ...GUESTS, ...options.guests }, failed)
  try {
    const bound = await page.listen(port)
    const closed = page
      .closedBy(signal)
      .then(() => sampling.settled())
      .finally(() => board[Symbol.dispose]())
    return { url: `http://${ADDRESS}:${bound}/${token}`, closed }
  } catch (error) {
    board[Symbol.dispose]()
    throw error
  }
}

class PageServer {
  readonly #token: string
  readonly #board: Board
  readonly #sampling: Sampling
  readonly #about: { readonly machine: string; readonly intervalMs: number; readonly historyMs: number }
  readonly #times: ViewerTimes
  readonly #guests: Guests
  readonly #server: Server
  readonly #failed: (error: unknown) => void
  readonly #streams = new Set<ServerResponse>()

  constructor(
    token: string,
    board: Board,
    sampling: Sampling,
    intervalMs: number,
    times: PageTimes,
    guests: GuestLimits,
    failed: (error: unknown) => void,
  ) {
    this.#failed = failed
    this.#token = token
    this.#board = board
    this.#sampling = sampling
    this.#about = { machine: shortText(hostname(), 255), intervalMs, historyMs: intervalMs * HISTORY_SAMPLES }
    this.#times = times
    const { requestMs } = times
    this.#server = createServer(
      {
        maxHeaderSize: MOST_HEADER_BYTES,
        requestTimeout: requestMs,
        headersTimeout: requestMs,
        connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
      },
      (asked, answer) => this.#answer(asked, answer),
    )
    this.#guests = new Guests(guests)
    this.#server.on('connection', (socket) => this.#guests.arrived(socket))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** @returns  the port */
  listen(port: number): Promise<number> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        reject(
          new TeuError('ERR_TEU_SYSTEM', `Cannot serve the page on ${ADDRESS}:${port}: listen failed with ${cause.code ?? cause.message}`, {
            syscall: 'listen',
            errno: cause.code,
            remedy: 'name another port with --port, or none',
            cause,
          }),
        )
      })
      server.listen({ port, host: ADDRESS, exclusive: true }, () => resolve((server.address() as AddressInfo).port))
    })
  }

  /** Closes everything when the signal is aborted, and resolves when it is closed. */
  closedBy(signal: AbortSignal): Promise<void> {
    const server = this.#server
    return new Promise((resolve) => {
      const close = (): void => {
        server.close(() => resolve())
        for (const stream of this.#streams) stream.destroy()
        server.closeAllConnections()
      }
      if (signal.aborted) close()
      else signal.addEventListener('abort', close, { once: true })
    })
  }

  /** A request that fails ends here, and nothing else does. */
  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    try {
      this.#serve(asked, answer)
    } catch (error) {
      this.#failed(error)
      if (answer.headersSent) answer.destroy()
      else refuse(answer, 500, 'This cannot be shown; teu has said why.')
    }
  }

  #serve(asked: IncomingMessage, answer: ServerResponse): void {
    const verdict = admit(asked, this.#token)
    if ('status' in verdict) refuse(answer, verdict.status, verdict.text)
    else if (!this.#guests.admitted(asked.socket)) refuse(answer, 503, 'Too many connections are open.')
    else if (verdict.to === 'page') send(answer, 'text/html; charset=utf-8', PAGE, { 'Content-Security-Policy': pagePolicy(PAGE_HASHES) })
    else if (verdict.to === 'events') this.#stream(answer)
    else this.#details(answer, verdict.n)
  }

  #details(answer: ServerResponse, n: number): void {
    const details = this.#board.details(n)
    if (details === undefined) refuse(answer, 404, 'This container has ended.')
    else send(answer, 'application/json', JSON.stringify(details))
  }

  #stream(answer: ServerResponse): void {
    if (this.#streams.size >= MOST_VIEWERS) return refuse(answer, 503, 'Too many pages are open.')
    answer.writeHead(200, { ...COMMON_HEADERS, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
    this.#streams.add(answer)
    const over: (() => void)[] = [this.#sampling.look()]
    answer.on('error', () => undefined)
    answer.once('close', () => {
      this.#streams.delete(answer)
      for (const step of over) step()
    })
    const sink = {
      write: (text: string): boolean => answer.write(text),
      onDrain: (listener: () => void): void => void answer.on('drain', listener),
      destroy: (): void => void answer.destroy(),
    }
    const viewer = new Viewer(this.#board, sink, this.#about, this.#times)
    over.push(() => viewer[Symbol.dispose]())
  }
}

function send(answer: ServerResponse, type: string, body: string, more: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(body)
  answer.writeHead(200, { ...COMMON_HEADERS, 'Content-Type': type, 'Content-Length': bytes.length, ...more })
  answer.end(bytes)
}

/** Whoever is not let in has to come anew. */
function refuse(answer: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`)
  answer.writeHead(status, {
    ...COMMON_HEADERS,
    ...(status === 405 && { Allow: 'GET' }),
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    Connection: 'close',
  })
  answer.end(body)
}
