/** Writes the fields of a request, in wire order, into one growing buffer. */

const encoder = new TextEncoder()
const MAX_U32 = 0xffff_ffff
const MAX_U64 = 0xffff_ffff_ffff_ffffn
/** Up to this length a loop over the characters is faster than the encoder. */
const SHORT_STRING = 48

/** A value that cannot be sent; the message says what is wrong with it, and ends where the place can be named. */
export class UnencodableError extends Error {}

/** Grows as needed. The bytes of one request are valid until the writer is dropped: nothing is shared between requests. */
export class RequestWriter {
  #bytes: Uint8Array
  #view: DataView
  #at = 0

  constructor(initialBytes: number) {
    this.#bytes = new Uint8Array(initialBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#at
  }

  /** What has been written, without a copy. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.#at, value, true)
    this.#at += 2
  }

  u32(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > MAX_U32)
      throw new UnencodableError(`expected an integer from 0 to ${MAX_U32}, got ${value}`)
    this.#reserve(4)
    this.#view.setUint32(this.#at, value, true)
    this.#at += 4
  }

  i32(value: number): void {
    if ((value | 0) !== value) throw new UnencodableError(`expected an integer of 32 bits, got ${value}`)
    this.#reserve(4)
    this.#view.setInt32(this.#at, value, true)
    this.#at += 4
  }

  /** A number must be a safe integer: a larger one has been rounded already. */
  u64(value: bigint | number): void {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new UnencodableError(`expected an exact integer, got ${value}`)
    const exact = BigInt(value)
    if (exact < 0n || exact > MAX_U64) throw new UnencodableError(`expected an integer from 0 to ${MAX_U64}, got ${value}`)
    this.#reserve(8)
    this.#view.setBigUint64(this.#at, exact, true)
    this.#at += 8
  }

  /** Length, the bytes and a NUL that is not counted. */
  bytes(value: Uint8Array): void {
    this.u32(value.length)
    this.#reserve(value.length + 1)
    this.#bytes.set(value, this.#at)
    this.#at += value.length + 1
  }

  /** Like bytes, in UTF-8. A NUL inside would end the string for the other side, half a surrogate pair would become another character. */
  string(value: string): void {
    // three bytes of UTF-8 are the most for one UTF-16 unit
    this.#reserve(4 + value.length * 3 + 1)
    const start = this.#at + 4
    const size = this.#shortAscii(value, start) ?? this.#anyString(value, start)
    this.#view.setUint32(this.#at, size, true)
    this.#at = start + size + 1
  }

  /** Writes `value` over the u32 at `position`. */
  patchU32(position: number, value: number): void {
    this.#view.setUint32(position, value, true)
  }

  #shortAscii(value: string, start: number): number | undefined {
    if (value.length > SHORT_STRING) return undefined
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code === 0 || code > 0x7f) return this.#wipe(start, i)
      this.#bytes[start + i] = code
    }
    return value.length
  }

  #anyString(value: string, start: number): number {
    if (value.includes('\0')) throw new UnencodableError('expected a string without NUL characters')
    if (/\p{Surrogate}/u.test(value)) throw new UnencodableError('expected a well-formed string, got one with half a surrogate pair')
    return encoder.encodeInto(value, this.#bytes.subarray(start)).written
  }

  /** Takes back what was written ahead: behind the end there must be zeros. */
  #wipe(start: number, length: number): undefined {
    this.#bytes.fill(0, start, start + length)
    return undefined
  }

  #reserve(size: number): void {
    const needed = this.#at + size
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
