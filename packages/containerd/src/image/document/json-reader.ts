/** Reading documents that somebody else wrote: every access says what it expects, and a miss names the place. */

import { type JsonObject, type JsonValue, parseJson } from '@teu/spec'
import { imageError } from './image-error.ts'
import { MAX_DOCUMENT_BYTES } from './limits.ts'

/** A value of a document and where it stands. */
export class JsonReader {
  readonly #value: JsonValue | undefined
  readonly #document: string
  readonly #pointer: string

  constructor(value: JsonValue | undefined, document: string, pointer: string = '') {
    this.#value = value
    this.#document = document
    this.#pointer = pointer
  }

  /** Neither absent nor null: encoders of Go write null for what is empty. */
  get isGiven(): boolean {
    return this.#value !== undefined && this.#value !== null
  }

  /** A member of an object; absent members are readers too, whose `isGiven` is false. */
  member(key: string): JsonReader {
    const object = this.object()
    return new JsonReader(Object.hasOwn(object, key) ? object[key] : undefined, this.#document, `${this.#pointer}/${key}`)
  }

  object(): JsonObject {
    const value = this.#value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('an object')
    return value
  }

  /** @param limit  most entries */
  list(limit: number): JsonReader[] {
    const value = this.#value
    if (!Array.isArray(value)) throw this.wrong('an array')
    if (value.length > limit) throw this.wrong(`at most ${limit} entries`, `${value.length}`)
    return value.map((entry, n) => new JsonReader(entry, this.#document, `${this.#pointer}/${n}`))
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.wrong('a string')
    return this.#value
  }

  texts(limit: number): string[] {
    return this.list(limit).map((entry) => entry.text())
  }

  /** A map of strings. */
  textMap(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.object()).map((key) => [key, this.member(key).text()]))
  }

  /** A number of bytes. */
  size(): number {
    const value = this.#value
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.wrong('a size in bytes')
    return value
  }

  /** The error for a value that is not what it should be. */
  wrong(expected: string, got: string = describe(this.#value)): Error {
    const place = this.#pointer === '' ? '' : ` ${this.#pointer}`
    return imageError(`${this.#document}:${place} expected ${expected}, got ${got}`, { pointer: this.#pointer })
  }
}

/** Parses a document strictly.
 *  @param document  its name, for messages
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID for bytes that are no JSON, and for too many of them */
export function readJson(bytes: Uint8Array, document: string): JsonReader {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw imageError(`${document}: expected at most ${MAX_DOCUMENT_BYTES} bytes of JSON, got ${bytes.length}`)
  }
  try {
    return new JsonReader(parseJson(bytes), document)
  } catch (cause) {
    throw imageError(`${document}: ${cause instanceof Error ? cause.message : 'no JSON'}`, { cause })
  }
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
