/** Runs the eBPF of a cgroup device program as the kernel does, as far as such programs need it. */

export interface DeviceRequest {
  readonly kind: 'c' | 'b'
  readonly major: number
  readonly minor: number
  /** Letters of `rwm`. */
  readonly access: string
}

/** Answers a request. Throws for what the verifier would refuse: unknown operations, registers that were never set, jumps backwards
 *  or out of the program, a last instruction that is no exit. */
export function runDeviceProgram(program: Uint8Array, { kind, major, minor, access }: DeviceRequest): boolean {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const count = program.length / 8
  if (!Number.isInteger(count) || view.getUint8(program.length - 8) !== 0x95) throw new Error('no exit at the end')
  const letters = (access.includes('m') ? 1 : 0) | (access.includes('r') ? 2 : 0) | (access.includes('w') ? 4 : 0)
  const context = new Map([
    [0, (letters << 16) | (kind === 'b' ? 1 : 2)],
    [4, major],
    [8, minor],
  ])
  const registers: (number | undefined)[] = []
  const get = (register: number): number => {
    const value = registers[register]
    if (value === undefined) throw new Error(`r${register} is not set`)
    return value
  }
  for (let at = 0; at < count; at++) {
    const op = view.getUint8(8 * at)
    const [to, from] = [view.getUint8(8 * at + 1) & 15, view.getUint8(8 * at + 1) >> 4]
    const [offset, constant] = [view.getInt16(8 * at + 2, true), view.getInt32(8 * at + 4, true)]
    if (offset < 0 || at + 1 + (op === 0x61 ? 0 : offset) >= count + (op === 0x95 ? 1 : 0)) throw new Error(`bad jump at ${at}`)
    if (op === 0x61 && from === 1 && context.has(offset)) registers[to] = context.get(offset) as number
    else if (op === 0xbc) registers[to] = get(from)
    else if (op === 0x74) registers[to] = get(to) >>> constant
    else if (op === 0x54) registers[to] = (get(to) & constant) >>> 0
    else if (op === 0xb7) registers[to] = constant
    else if (op === 0x05) at += offset
    else if (op === 0x55) at += get(to) === constant ? 0 : offset
    else if (op === 0x45) at += (get(to) & constant) === 0 ? 0 : offset
    else if (op === 0x95) return get(0) === 1
    else throw new Error(`unknown operation ${op} at ${at}`)
  }
  throw new Error('ran out of the program')
}
