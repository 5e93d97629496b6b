/** HTTP/1.1 for engines' REST APIs, over whatever leads to them. Answers are bounded: the other side may be anybody's. */

import { Agent, type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { TeuError, deferred } from '@teu/spec'
import type { Dial } from '../address/dial.ts'

/** A complete answer. */
export interface HttpAnswer {
  readonly status: number
  /** Value of a header, by its name in lower case. */
  header(name: string): string | undefined
  readonly body: string
}

/** Options of one request. */
export interface HttpOptions {
  readonly signal?: AbortSignal | undefined
  /** Until the answer is complete. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** More is an error. Default 64 MiB. */
  readonly maxBodyBytes?: number | undefined
}

const TIMEOUT_MS = 30_000
const MAX_BODY_BYTES = 64 * 1024 * 1024
/** Answers like "100 Continue" before the one that counts; an engine has no reason for any. */
const MAX_INFORMATION = 16
/** A machine that has gone without a word is noticed by the kernel's own probes, which begin after this. */
const KEEP_ALIVE_MS = 30_000

/** See the head of this file. */
export class EngineHttp implements AsyncDisposable {
  readonly #dial: Dial
  /** Keeps connections for requests; event streams have their own. */
  readonly #agent: Agent

  /** @param dial  is disposed with this */
  constructor(dial: Dial) {
    this.#dial = dial
    const options = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: dial.connections }
    this.#agent = dial.secure ? new TlsAgent(options) : new Agent(options)
  }

  /** GET, with the answer as a whole, whatever its status is.
   *  @throws {TeuError} ERR_TEU_SYSTEM when there is no connection, or what answers is no such server; ERR_TEU_TIMEOUT */
  async get(target: string, options: HttpOptions = {}): Promise<HttpAnswer> {
    const { signal, timeoutMs = TIMEOUT_MS, maxBodyBytes = MAX_BODY_BYTES } = options
    signal?.throwIfAborted()
    const { address, path } = this.#dial
    const message = `GET ${target} on ${path ?? address} took longer than ${timeoutMs} ms`
    const sent = await this.#request(target, this.#agent, signal)
    const late = deferred<never>()
    const timer = setTimeout(() => late.reject(new TeuError('ERR_TEU_TIMEOUT', message, { path })), timeoutMs)
    try {
      const answer = async (): Promise<HttpAnswer> => {
        const response = await this.#respond(sent)
        return { status: response.statusCode ?? 0, header: headerOf(response), body: await readBody(response, maxBodyBytes) }
      }
      return await this.#abortable(sent, signal, () => Promise.race([answer(), late.promise]))
    } finally {
      clearTimeout(timer)
    }
  }

  /** GET of a stream that lasts. Resolves when the request is on its way: some servers send no header before they have something to say.
   *  The signal ends the stream at any time.
   *  @param check  is shown status and, for those that are no success, the body; it throws what is wrong
   *  @throws {TeuError} ERR_TEU_SYSTEM when there is no connection; the iteration throws it when the connection is lost */
  async stream(target: string, signal: AbortSignal, check: (status: number, body: string) => void): Promise<AsyncIterable<Buffer>> {
    signal.throwIfAborted()
    const sent = await this.#request(target, false, signal)
    const response = this.#respond(sent)
    response.catch(() => undefined)
    // Also while nobody reads, or when nobody ever does.
    const abort = (): void => void sent.destroy()
    signal.addEventListener('abort', abort, { once: true })
    sent.once('close', () => signal.removeEventListener('abort', abort))
    await this.#abortable(sent, signal, () => Promise.race([whenSent(sent), response]))
    return this.#chunks(sent, response, signal, check)
  }

  /** Closes the connections that are kept, and what they go through. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    await this.#dial[Symbol.asyncDispose]()
  }

  async #request(target: string, agent: Agent | false, signal: AbortSignal | undefined): Promise<ClientRequest> {
    const way = await this.#dial.target()
    signal?.throwIfAborted()
    const options: RequestOptions = { ...way, path: target, agent }
    // The name of a Unix socket means nothing to the server.
    if ('socketPath' in way) options.headers = { Host: 'localhost' }
    const sent = this.#dial.secure ? tlsRequest(options) : request(options)
    sent.setSocketKeepAlive(true, KEEP_ALIVE_MS)
    return sent
  }

  async *#chunks(
    sent: ClientRequest,
    responding: Promise<IncomingMessage>,
    signal: AbortSignal,
    check: (status: number, body: string) => void,
  ): AsyncGenerator<Buffer> {
    try {
      const response = await responding
      const status = response.statusCode ?? 0
      check(status, status === 200 ? '' : await readBody(response, MAX_BODY_BYTES))
      for await (const chunk of response) yield chunk as Buffer
      signal.throwIfAborted()
    } catch (error) {
      signal.throwIfAborted()
      throw this.#translate(error)
    } finally {
      sent.destroy()
    }
  }

  #respond(sent: ClientRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string): void => {
        reject(this.#unusual(why))
        sent.destroy()
      }
      let informed = 0
      sent.on('response', resolve)
      sent.on('error', reject)
      // Whoever listens for this has the connection, and has to close it.
      sent.on('upgrade', (response, socket) => {
        socket.destroy()
        refuse(`has changed the protocol (status ${response.statusCode}), which nobody has asked for`)
      })
      sent.on('information', () => {
        if (++informed > MAX_INFORMATION) refuse('goes on to announce an answer that does not come')
      })
      // The last word: an end without an error would otherwise be no end.
      sent.on('close', () => refuse('has closed the connection without an answer'))
      sent.end()
    })
  }

  async #abortable<T>(sent: ClientRequest, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const aborted = deferred<never>()
    // Not everything that is destroyed says so.
    const abort = (): void => aborted.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([work(), aborted.promise])
    } catch (error) {
      sent.destroy()
      signal?.throwIfAborted()
      throw this.#translate(error)
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #unusual(why: string): TeuError {
    const { address, path } = this.#dial
    return new TeuError('ERR_TEU_SYSTEM', `What listens at ${path ?? address} ${why}`, { path })
  }

  #translate(error: unknown): unknown {
    if (error instanceof TeuError) return error
    const { address, path, complaint } = this.#dial
    const { code, syscall = 'connect' } = error as NodeJS.ErrnoException
    // What is wrong with a certificate has a code too, but no system call.
    const errno = code !== undefined && /^E[A-Z0-9]+$/.test(code) ? code : undefined
    const why = errno === undefined ? String(error) : `${syscall} failed with ${errno}`
    const message = `Cannot talk to ${path ?? address}: ${why}${complaint === '' ? '' : ` (${complaint})`}`
    return new TeuError('ERR_TEU_SYSTEM', message, { ...(errno !== undefined && { syscall, errno }), path, cause: error })
  }
}

const headerOf =
  ({ headers }: IncomingMessage) =>
  (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new TeuError('ERR_TEU_SYSTEM', `The answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The request is with the kernel, and so there is a server. */
function whenSent(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    sent.once('finish', () => {
      const { socket } = sent
      // `finish` may come while the connection is still being made.
      if (socket === null || !socket.connecting) resolve()
      else socket.once('connect', () => resolve())
    })
  })
}
