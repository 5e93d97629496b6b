/** Compiles device rules to the program that the kernel asks on cgroup v2 whenever a process opens or makes a device node. */

import type { LinuxDeviceCgroup } from '@teu/spec'
import { TeuError } from '@teu/spec'
import { ALL_ACCESS, ANY, type DeviceRule, readRules } from './rule-list.ts'

/** Registers: the argument and result of the program, and what it keeps. */
const R0_RESULT = 0
const R1_CONTEXT = 1
const R2_KIND = 2
/** Requested letters about which no rule has decided yet. */
const R3_OPEN = 3
const R4_MAJOR = 4
const R5_MINOR = 5

/** struct bpf_cgroup_dev_ctx: access letters in the high half of the first word, the kind in its low half; major; minor. */
const KIND_AND_ACCESS_OFFSET = 0
const MAJOR_OFFSET = 4
const MINOR_OFFSET = 8
const BPF_DEVCG_DEV_CHAR = 2

/** Operation codes (linux/bpf.h): class, operation and K (constant) or X (register). */
const LOAD_WORD = 0x61
const MOVE32_X = 0xbc
const RIGHT32_K = 0x74
const AND32_K = 0x54
const JUMP = 0x05
const JUMP_UNLESS_EQUAL_K = 0x55
const JUMP_IF_SET_K = 0x45
const MOVE_K = 0xb7
const EXIT = 0x95

/** Jumps are 16 bits wide and a rule has at most six instructions. */
const MAX_RULES = 5000

interface Instruction {
  readonly op: number
  readonly to: number
  readonly from: number
  readonly offset: number
  readonly constant: number
}

/** Compiles rules for BPF_PROG_TYPE_CGROUP_DEVICE. Their meaning is that of `readRules()`: what is not allowed is denied. Pure.
 *  @param rules  in the order in which they apply, see `deviceRulesFor()`
 *  @returns      an array of struct bpf_insn, 8 bytes each, little endian; it returns 1 to allow
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID
 *  @see kernel admin-guide/cgroup-v2 "Device controller" */
export function compileDeviceProgram(rules: readonly LinuxDeviceCgroup[]): Uint8Array {
  const list = readRules(rules)
  if (list.rules.length > MAX_RULES) {
    throw new TeuError('ERR_TEU_CONFIG_INVALID', `linux.resources.devices: ${list.rules.length} rules, at most ${MAX_RULES} are possible`, {
      pointer: '/linux/resources/devices',
    })
  }
  const ofKind = (kind: 'c' | 'b'): Instruction[] => [
    // The last rule has the last word, so it comes first.
    ...list.rules
      .filter((rule) => rule.kind === kind)
      .toReversed()
      .flatMap(ruleCode),
    ...answer(list.allowByDefault),
  ]
  const characters = ofKind('c')
  return encode([
    instruction(LOAD_WORD, { to: R2_KIND, from: R1_CONTEXT, offset: KIND_AND_ACCESS_OFFSET }),
    instruction(MOVE32_X, { to: R3_OPEN, from: R2_KIND }),
    instruction(RIGHT32_K, { to: R3_OPEN, constant: 16 }),
    instruction(AND32_K, { to: R2_KIND, constant: 0xffff }),
    instruction(LOAD_WORD, { to: R4_MAJOR, from: R1_CONTEXT, offset: MAJOR_OFFSET }),
    instruction(LOAD_WORD, { to: R5_MINOR, from: R1_CONTEXT, offset: MINOR_OFFSET }),
    instruction(JUMP_UNLESS_EQUAL_K, { to: R2_KIND, constant: BPF_DEVCG_DEV_CHAR, offset: characters.length }),
    ...characters,
    ...ofKind('b'),
  ])
}

function ruleCode({ major, minor, access, allow }: DeviceRule): Instruction[] {
  const body = allow ? allowCode(access) : denyCode(access)
  const minorTest = minor === ANY ? [] : [unlessEqual(R5_MINOR, minor, body.length)]
  const majorTest = major === ANY ? [] : [unlessEqual(R4_MAJOR, major, minorTest.length + body.length)]
  return [...majorTest, ...minorTest, ...body]
}

/** Allows its letters; that settles the request when no others are open. */
function allowCode(access: number): Instruction[] {
  if (access === ALL_ACCESS) return answer(true)
  return [instruction(AND32_K, { to: R3_OPEN, constant: ALL_ACCESS & ~access }), unlessEqual(R3_OPEN, 0, 2), ...answer(true)]
}

/** Denies the request when it has one of the letters. */
function denyCode(access: number): Instruction[] {
  if (access === ALL_ACCESS) return answer(false)
  return [instruction(JUMP_IF_SET_K, { to: R3_OPEN, constant: access, offset: 1 }), instruction(JUMP, { offset: 2 }), ...answer(false)]
}

function answer(allow: boolean): Instruction[] {
  return [instruction(MOVE_K, { to: R0_RESULT, constant: allow ? 1 : 0 }), instruction(EXIT, {})]
}

function unlessEqual(register: number, constant: number, offset: number): Instruction {
  return instruction(JUMP_UNLESS_EQUAL_K, { to: register, constant, offset })
}

function instruction(op: number, { to = 0, from = 0, offset = 0, constant = 0 }: Partial<Instruction>): Instruction {
  return { op, to, from, offset, constant }
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * program.length)
  const view = new DataView(bytes.buffer)
  for (const [i, { op, to, from, offset, constant }] of program.entries()) {
    view.setUint8(8 * i, op)
    view.setUint8(8 * i + 1, to | (from << 4))
    view.setInt16(8 * i + 2, offset, true)
    view.setInt32(8 * i + 4, constant, true)
  }
  return bytes
}
