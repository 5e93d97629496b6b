/** Writes classic BPF (linux/filter.h) from its end to its beginning. */

/** Size limit of a filter (BPF_MAXINSNS). */
export const MAX_INSTRUCTIONS = 4096

/** Comparisons of the loaded word with a constant, unsigned. */
export const JEQ = 0x15
export const JGT = 0x25
export const JGE = 0x35
export const JSET = 0x45
const LD_ABS = 0x20
const AND_K = 0x54
const JA = 0x05
const RET_K = 0x06

/** Furthest target of a conditional jump is 255 instructions on; two less leaves room for the trampolines of the jump itself. */
const NEAR = 253

/** Position of an instruction, counted from the front of a full-size buffer. */
export type Label = number

/** A BPF program under construction. Jumps go forward only, so writing backwards makes every target known when a jump to it is
 *  written: one pass, no patching. A target too far for a conditional jump is reached through a trampoline, written on the spot. */
export class BpfWriter {
  /** Two words an instruction: code, jt, jf packed as in struct sock_filter; then k. */
  readonly #words = new Uint32Array(2 * MAX_INSTRUCTIONS)
  readonly #returns = new Map<number, Label>()
  #at = MAX_INSTRUCTIONS

  /** How many instructions were asked for so far. Above {@link MAX_INSTRUCTIONS} the program is unusable. */
  get length(): number {
    return MAX_INSTRUCTIONS - this.#at
  }

  /** True when the program can return `value`. */
  returns(value: number): boolean {
    return this.#returns.has(value)
  }

  /** A return of `value`, an earlier one if it is near. */
  ret(value: number): Label {
    const known = this.#returns.get(value)
    if (known !== undefined && this.#isNear(known)) return known
    const label = this.#emit(RET_K, 0, 0, value)
    this.#returns.set(value, label)
    return label
  }

  /** Loads the word at `offset` of struct seccomp_data and goes on at `next`. */
  load(offset: number, next: Label): Label {
    this.#follow(next)
    return this.#emit(LD_ABS, 0, 0, offset)
  }

  /** Masks the loaded word and goes on at `next`. */
  and(mask: number, next: Label): Label {
    this.#follow(next)
    return this.#emit(AND_K, 0, 0, mask)
  }

  /** Compares the loaded word with `k` and goes to one of two labels. */
  jump(op: number, k: number, yes: Label, no: Label): Label {
    if (yes === no) return yes
    const nearYes = this.#reach(yes)
    const nearNo = this.#reach(no)
    return this.#emit(op, nearYes - this.#at, nearNo - this.#at, k)
  }

  /** The program as an array of struct sock_filter, in the byte order of this machine, which is little endian on all that have tables. */
  program(): Uint8Array {
    return new Uint8Array(this.#words.buffer.slice(8 * this.#at))
  }

  #isNear(label: Label): boolean {
    return label - this.#at <= NEAR
  }

  #reach(label: Label): Label {
    if (this.#isNear(label)) return label
    const word = this.#words[2 * label]
    if (word === RET_K) return this.ret(this.#words[2 * label + 1] as number)
    return this.#emit(JA, 0, 0, label - this.#at)
  }

  /** Makes sure that `next` is what the following instruction runs into. */
  #follow(next: Label): void {
    if (next !== this.#at) this.#emit(JA, 0, 0, next - this.#at)
  }

  #emit(op: number, jt: number, jf: number, k: number): Label {
    this.#at--
    if (this.#at >= 0) {
      this.#words[2 * this.#at] = op | (jt << 16) | (jf << 24)
      this.#words[2 * this.#at + 1] = k
    }
    return this.#at
  }
}
