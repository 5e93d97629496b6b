/** Conditions on system call arguments. */

import type { LinuxSeccompArg } from '@teu/spec'
import { type BpfWriter, JEQ, JGE, JGT, JSET, type Label } from './bpf-writer.ts'
import { type ProfilePath, profileError, shown } from './profile-error.ts'

/** A 64-bit value as two 32-bit halves: classic BPF has nothing wider. */
interface Words {
  readonly high: number
  readonly low: number
}

/** One checked condition. `value` is the mask of SCMP_CMP_MASKED_EQ, and then `datum` what is left of the argument. */
export interface Condition {
  /** Which argument, 0 to 5. */
  readonly index: number
  readonly op: Operator
  readonly value: Words
  readonly datum: Words
}

const OPERATORS = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'] as const
type Operator = (typeof OPERATORS)[number]

const MAX_U32 = 0xffffffff

/** Offset of `args` in struct seccomp_data. */
const ARGS_OFFSET = 16

/** Checks the `args` of one entry. All of them must hold for the entry to apply.
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function parseConditions(args: readonly LinuxSeccompArg[], path: ProfilePath): Condition[] {
  return args.map((arg, i) => parseCondition(arg, [...path, i]))
}

/** Position of the first condition on an argument that an earlier one is about, or -1. */
export function repeatedArgument(conditions: readonly Condition[]): number {
  return conditions.findIndex(({ index }, i) => conditions.findIndex((other) => other.index === index) < i)
}

function parseCondition(arg: LinuxSeccompArg, path: ProfilePath): Condition {
  const { index } = arg
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw profileError([...path, 'index'], `expected an integer from 0 to 5, got ${shown(arg.index)}`)
  }
  const op = OPERATORS.find((name) => arg.op === `SCMP_CMP_${name}`)
  if (op === undefined) {
    throw profileError([...path, 'op'], `expected one of ${OPERATORS.map((name) => `SCMP_CMP_${name}`).join(', ')}, got ${shown(arg.op)}`)
  }
  return { index, op, value: parseWords(arg.value, [...path, 'value']), datum: parseWords(arg.valueTwo ?? 0, [...path, 'valueTwo']) }
}

function parseWords(value: unknown, path: ProfilePath): Words {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return { high: Math.floor(value / 2 ** 32), low: value >>> 0 }
  if (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n) {
    return { high: Number(value >> 32n), low: Number(value & 0xffffffffn) }
  }
  throw profileError(path, `expected an integer from 0 to 18446744073709551615 without rounding, got ${shown(value)}`)
}

/** The same text for the same conditions, in whatever order. */
export function conditionsKey(conditions: readonly Condition[]): string {
  return conditions
    .map(
      ({ index, op, value, datum }) => `${index}${op}${value.high}:${value.low}${op === 'MASKED_EQ' ? `=${datum.high}:${datum.low}` : ''}`,
    )
    .sort()
    .join('&')
}

/** Writes the test of one condition.
 *  @param wide  false for architectures with 32-bit system calls, see {@link narrowed} */
export function writeCondition(writer: BpfWriter, condition: Condition, wide: boolean, yes: Label, no: Label): Label {
  const { high, low } = wide ? condition.value : narrowed(condition.value)
  const lowOffset = ARGS_OFFSET + 8 * condition.index
  const highOffset = lowOffset + 4
  if (condition.op === 'EQ') return writeEqual(yes, no)
  if (condition.op === 'NE') return writeEqual(no, yes)
  if (condition.op === 'GT') return writeAbove(JGT, yes, no)
  if (condition.op === 'LE') return writeAbove(JGT, no, yes)
  if (condition.op === 'GE') return writeAbove(JGE, yes, no)
  if (condition.op === 'LT') return writeAbove(JGE, no, yes)
  const datum = wide ? condition.datum : narrowed(condition.datum)
  const lowPart = writeMasked(lowOffset, low, datum.low, yes, no)
  if (wide) return writeMasked(highOffset, high, datum.high, lowPart, no)
  return (datum.high & high) === 0 ? lowPart : no

  function writeTest(offset: number, op: number, k: number, yes: Label, no: Label): Label {
    return yes === no ? yes : writer.load(offset, writer.jump(op, k, yes, no))
  }

  function writeEqual(equal: Label, other: Label): Label {
    if (!wide && high !== 0) return other
    const lowPart = writeTest(lowOffset, JEQ, low, equal, other)
    return wide ? writeTest(highOffset, JEQ, high, lowPart, other) : lowPart
  }

  function writeAbove(op: number, above: Label, below: Label): Label {
    if (!wide && high !== 0) return below
    const lowPart = writeTest(lowOffset, op, low, above, below)
    if (!wide || lowPart === above) return lowPart
    const equalHigh = writer.jump(JEQ, high, lowPart, below)
    return writer.load(highOffset, writer.jump(JGT, high, above, equalHigh))
  }

  function writeMasked(offset: number, mask: number, datum: number, match: Label, other: Label): Label {
    const expected = (datum & mask) >>> 0
    if (mask === 0 || match === other) return match
    if (mask === MAX_U32) return writeTest(offset, JEQ, expected, match, other)
    if (expected === 0) return writeTest(offset, JSET, mask, other, match)
    return writer.load(offset, writer.and(mask, writer.jump(JEQ, expected, match, other)))
  }
}

/** A 64-bit value for a comparison with a 32-bit argument: a sign-extended negative number is meant as that number. */
function narrowed(value: Words): Words {
  return value.high === MAX_U32 && value.low > 0x7fffffff ? { high: 0, low: value.low } : value
}
