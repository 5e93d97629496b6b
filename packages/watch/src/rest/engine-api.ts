/** What the REST APIs of Docker and Podman have in common: the ping, versions in the path, JSON answers, errors with a message. */

import { TeuError } from '@teu/spec'
import { parseJson } from '../answers/parse-json.ts'
import { readTime } from '../answers/values.ts'
import { type DialOptions, openDial } from '../address/dial.ts'
import type { Cancellable } from '../engine-client.ts'
import { parseJsonLines } from './json-lines.ts'
import { EngineHttp, type HttpAnswer, type HttpOptions } from './engine-http.ts'

/** What an engine says when it is asked for a sign of life. */
export interface Ping {
  /** Newest version of Docker's API that it speaks. */
  readonly apiVersion: string
  /** Version of Podman's own API; undefined for whatever is not Podman. */
  readonly libpodVersion: string | undefined
  /** The engine's clock, which shows seconds. */
  readonly date: Date
}

/** Characters of what an engine says about a failure that are repeated. */
const MOST_MESSAGE = 1_000

const MOST_DOCUMENT_BYTES = 8 * 1024 * 1024

/** A query in a URL; objects as JSON. */
export function query(values: Readonly<Record<string, string | object>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('&')
}

/** A moment as the engines take it for `since`: seconds with a fraction. */
export function unixSeconds(date: Date): string {
  return (date.getTime() / 1000).toFixed(3)
}

/** See the head of this file. Targets begin with their version: `/v1.41/containers/json`. */
export class EngineApi implements AsyncDisposable {
  /** In its full form: `unix:///run/docker.sock`. */
  readonly address: string
  readonly #http: EngineHttp

  /** @param address  `unix:///path` or the path, `tcp://host:port`, or `ssh://user@host`
   *  @throws {TeuError} ERR_TEU_USAGE, ERR_TEU_UNSUPPORTED for anything else */
  constructor(address: string, options?: DialOptions) {
    const dial = openDial(address, options)
    this.address = dial.address
    this.#http = new EngineHttp(dial)
  }

  /** Asks for a sign of life.
   *  @throws {TeuError} ERR_TEU_SYSTEM when there is no engine, or when what answers is none */
  async ping(options?: Cancellable): Promise<Ping> {
    const answer = await this.#http.get('/_ping', { ...options, maxBodyBytes: MOST_DOCUMENT_BYTES })
    const apiVersion = answer.header('api-version')
    if (answer.status !== 200 || apiVersion === undefined) {
      throw new TeuError('ERR_TEU_SYSTEM', `What listens at ${this.address} has no Docker API: status ${answer.status}`)
    }
    return { apiVersion, libpodVersion: answer.header('libpod-api-version'), date: readTime(answer.header('date')) ?? new Date() }
  }

  /** A JSON answer.
   *  @throws {TeuError} ERR_TEU_NOT_FOUND for status 404, ERR_TEU_SYSTEM for others that are no success */
  async get(target: string, options?: HttpOptions): Promise<unknown> {
    const { status, body } = await this.#answer(target, options)
    if (status !== 200) throw failed(target, status, body)
    try {
      return parseJson(body)
    } catch (cause) {
      const what = cause instanceof RangeError ? `has ${cause.message}` : 'is no JSON'
      throw new TeuError('ERR_TEU_SYSTEM', `The answer to GET ${target} ${what}`, { cause })
    }
  }

  /** A JSON answer about one thing, which has no reason to be longer than 8 MiB. Several are on
   *  their way at the same time.
   *  @throws {TeuError} as {@link EngineApi.get} */
  getDocument(target: string, options?: Cancellable): Promise<unknown> {
    return this.get(target, { ...options, maxBodyBytes: MOST_DOCUMENT_BYTES })
  }

  /** A JSON answer that is a list; none is an empty one, as Go writes it.
   *  @throws {TeuError} as {@link EngineApi.get}; ERR_TEU_SYSTEM when it is none */
  async getList(target: string, options?: Cancellable): Promise<readonly unknown[]> {
    const answer = await this.get(target, options)
    if (answer === null) return []
    if (Array.isArray(answer)) return answer as unknown[]
    throw new TeuError('ERR_TEU_SYSTEM', `The answer to GET ${target} is no list`)
  }

  /** JSON documents as they come. */
  async stream(target: string, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
    const chunks = await this.#http.stream(target, signal, (status, body) => {
      if (status !== 200) throw failed(target, status, body)
    })
    return parseJsonLines(chunks)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]()
  }

  async #answer(target: string, options: HttpOptions | undefined): Promise<HttpAnswer> {
    try {
      return await this.#http.get(target, options)
    } catch (error) {
      // A connection that was kept may have been closed by the engine just when it was used again. GET may be repeated.
      if (!(error instanceof TeuError) || error.errno !== 'ECONNRESET') throw error
      return await this.#http.get(target, options)
    }
  }
}

function failed(target: string, status: number, body: string): TeuError {
  const code = status === 404 ? 'ERR_TEU_NOT_FOUND' : 'ERR_TEU_SYSTEM'
  return new TeuError(code, `GET ${target} failed with status ${status}: ${messageOf(body)}`)
}

function messageOf(body: string): string {
  try {
    const { message } = parseJson(body) as { message?: unknown }
    if (typeof message === 'string') return message.slice(0, MOST_MESSAGE)
  } catch {
    // The text itself has to do.
  }
  return body.trim().slice(0, MOST_MESSAGE)
}
