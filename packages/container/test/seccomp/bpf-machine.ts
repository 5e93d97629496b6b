/** Runs classic BPF as the kernel runs a seccomp filter, with the checks that the kernel makes when one is loaded. */

/** struct seccomp_data without the instruction pointer. */
export interface SeccompCall {
  readonly arch: number
  readonly number: number
  readonly args: readonly bigint[]
}

interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

const DATA_SIZE = 64

/** Decodes a program and checks it as the kernel does: known operations, aligned loads inside the data, jumps inside the program. */
export function decodeProgram(program: Uint8Array): Instruction[] {
  if (program.length === 0 || program.length % 8 !== 0) throw new Error(`bad length ${program.length}`)
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const code: Instruction[] = []
  for (let at = 0; at < program.length; at += 8) {
    code.push({ code: view.getUint16(at, true), jt: view.getUint8(at + 2), jf: view.getUint8(at + 3), k: view.getUint32(at + 4, true) })
  }
  if (code.length > 4096) throw new Error(`${code.length} instructions`)
  for (const [at, { code: op, jt, jf, k }] of code.entries()) {
    const furthest = [0x15, 0x25, 0x35, 0x45].includes(op) ? Math.max(jt, jf) : op === 0x05 ? k : op === 0x06 ? -1 : 0
    if (![0x20, 0x54, 0x15, 0x25, 0x35, 0x45, 0x05, 0x06].includes(op)) throw new Error(`unknown operation ${op} at ${at}`)
    if (op === 0x20 && (k % 4 !== 0 || k >= DATA_SIZE)) throw new Error(`bad load of ${k} at ${at}`)
    if (at + 1 + furthest >= code.length) throw new Error(`jump out of the program at ${at}`)
  }
  return code
}

/** The filter's return value, and how many instructions it took. */
export function runFilter(code: readonly Instruction[], call: SeccompCall): { ret: number; steps: number } {
  const data = new DataView(new ArrayBuffer(DATA_SIZE))
  data.setUint32(0, call.number, true)
  data.setUint32(4, call.arch, true)
  for (const [i, arg] of call.args.entries()) data.setBigUint64(16 + 8 * i, arg, true)
  let accumulator = 0
  for (let at = 0, steps = 1; ; at++, steps++) {
    const { code: op, jt, jf, k } = code[at] as Instruction
    if (op === 0x20) accumulator = data.getUint32(k, true)
    else if (op === 0x54) accumulator = (accumulator & k) >>> 0
    else if (op === 0x15) at += accumulator === k ? jt : jf
    else if (op === 0x25) at += accumulator > k ? jt : jf
    else if (op === 0x35) at += accumulator >= k ? jt : jf
    else if (op === 0x45) at += (accumulator & k) === 0 ? jf : jt
    else if (op === 0x05) at += k
    else return { ret: k, steps }
  }
}
