import { narrowInteger } from './integer.ts'

/** More digits than any 64-bit integer has; longer ones are out of every range and need no exact value. */
const EXACT_DIGITS = 40
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * The value of a JSON number token.
 * @returns a safe integer or a fraction as `number`, a longer integer as `bigint`; undefined when the number is beyond a double, or
 *          a fraction so close to an integer that a double could not tell the two apart
 */
export function exactNumber(token: string): number | bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(token) ?? []
  const digits = trimZeros(whole + fraction)
  const zeros = whole.length - digits.length + Number(exponent)
  if (digits === '') return 0
  if (zeros < 0) {
    const value = Number(token)
    return Number.isInteger(value) ? undefined : value
  }
  if (digits.length + zeros > EXACT_DIGITS) {
    const value = Number(token)
    return Number.isFinite(value) ? value : undefined
  }
  const value = BigInt(sign + digits + '0'.repeat(zeros))
  return narrowInteger(value)
}

/** Without the zeros at the end; a loop, because a regular expression for this takes quadratic time on long runs of zeros. */
function trimZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}
