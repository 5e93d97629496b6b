/** Writes the fields of a request, in wire order, into one growing buffer. Numbers and strings are written by calls into the engine and
 *  without loops: most programs that encode a plan have just started, and nothing of theirs is compiled yet. */

import { NO_SLOT, SLOT_COUNT } from './steps.ts'

const MAX_U32 = 0xffff_ffff
const MAX_U64 = 0xffff_ffff_ffff_ffffn
const STEP_HEAD_BYTES = 12

/** A value that cannot be sent; the message says what is wrong with it, and ends where the place can be named. */
export class UnencodableError extends Error {}

/** Grows as needed. The bytes of one request are valid until the writer is dropped: nothing is shared between requests. */
export class RequestWriter {
  #bytes: Buffer
  #view: DataView
  #at = 0

  constructor(initialBytes: number) {
    this.#bytes = Buffer.alloc(initialBytes)
    this.#view = viewOf(this.#bytes)
  }

  get length(): number {
    return this.#at
  }

  /** What has been written, without a copy. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  /** Head of a step; its size is patched in afterwards. */
  step(op: number, stage: number, index: number): void {
    this.#reserve(STEP_HEAD_BYTES)
    this.#view.setUint32(this.#at + 4, op | (stage << 16), true)
    this.#view.setUint32(this.#at + 8, index, true)
    this.#at += STEP_HEAD_BYTES
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#view.setUint16(this.#at, value, true)
    this.#at += 2
  }

  u32(value: number): void {
    if (value >>> 0 !== value) throw new UnencodableError(`expected an integer from 0 to ${MAX_U32}, got ${value}`)
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

  bool(value: boolean): void {
    this.u32(value ? 1 : 0)
  }

  slot(value: number): void {
    if (value < NO_SLOT || value >= SLOT_COUNT) throw new UnencodableError(`expected a slot from 0 to ${SLOT_COUNT - 1}, got ${value}`)
    this.i32(value)
  }

  /** A number must be a safe integer: a larger one has been rounded already. */
  u64(value: bigint | number): void {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new UnencodableError(`expected an exact integer, got ${value}`)
    if (value < 0 || value > MAX_U64) throw new UnencodableError(`expected an integer from 0 to ${MAX_U64}, got ${value}`)
    this.#reserve(8)
    if (typeof value === 'bigint') this.#view.setBigUint64(this.#at, value, true)
    else {
      this.#view.setUint32(this.#at, value >>> 0, true)
      this.#view.setUint32(this.#at + 4, value / 2 ** 32, true)
    }
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
    const { length } = value
    // three bytes of UTF-8 are the most for one UTF-16 unit
    this.#reserve(4 + length * 3 + 1)
    const size = this.#bytes.write(value, this.#at + 4)
    if (value.includes('\0')) throw new UnencodableError('expected a string without NUL characters')
    if (size !== length && /\p{Surrogate}/u.test(value)) {
      throw new UnencodableError('expected a well-formed string, got one with half a surrogate pair')
    }
    this.#view.setUint32(this.#at, size, true)
    this.#at += 4 + size + 1
  }

  strings(list: readonly string[]): void {
    this.u32(list.length)
    for (let i = 0; i < list.length; i++) this.string(list[i] as string)
  }

  u32s(list: readonly number[]): void {
    this.u32(list.length)
    for (let i = 0; i < list.length; i++) this.u32(list[i] as number)
  }

  /** Writes `value` over the u32 at `position`. */
  patchU32(position: number, value: number): void {
    this.#view.setUint32(position, value, true)
  }

  #reserve(size: number): void {
    const needed = this.#at + size
    if (needed > this.#bytes.length) this.#grow(needed)
  }

  #grow(needed: number): void {
    const larger = Buffer.alloc(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = viewOf(larger)
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
