/** Digests: the names of blobs. @see image-spec descriptor.md "Digests" */

import { createHash } from 'node:crypto'
import { imageError } from './image-error.ts'

const DIGEST = /^sha256:[0-9a-f]{64}$/

/** True for `sha256:` and 64 lower case hex digits: the one kind of digest that containerd stores blobs by. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

/** The hex digits of a digest. */
export function digestHex(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** The sha256 digest of some bytes. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Counts and hashes what passes, to compare it at the end with what was promised. */
export class Verifier {
  readonly #hash = createHash('sha256')
  readonly #expected: string | undefined
  readonly #size: number | undefined
  readonly #name: string
  #bytes = 0
  #digest: string | undefined

  /** @param name  what it is, for messages
   *  @param expected  digest, when known
   *  @param size  bytes, when known */
  constructor(name: string, expected: string | undefined, size: number | undefined) {
    this.#name = name
    this.#expected = expected
    this.#size = size
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws {TeuError} ERR_TEU_IMAGE_INVALID as soon as there is more than promised */
  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    if (this.#size !== undefined && this.#bytes > this.#size) throw this.#wrongSize('at least ')
    this.#hash.update(bytes)
  }

  /** The digest of everything.
   *  @throws {TeuError} ERR_TEU_IMAGE_INVALID when size or digest are not as promised */
  finish(): string {
    if (this.#size !== undefined && this.#bytes !== this.#size) throw this.#wrongSize('')
    const digest = (this.#digest ??= `sha256:${this.#hash.digest('hex')}`)
    if (this.#expected === undefined || digest === this.#expected) return digest
    throw imageError(`${this.#name}: expected digest ${this.#expected}, got ${digest}`, {
      remedy: 'The file was damaged or changed; get it anew',
    })
  }

  #wrongSize(qualifier: string): Error {
    return imageError(`${this.#name}: expected ${this.#size} bytes, got ${qualifier}${this.#bytes}`)
  }
}
