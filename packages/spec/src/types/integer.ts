/**
 * An exact integer of at most 64 bits: a `number` when it is safe (up to 2^53 - 1 in magnitude), else a `bigint`.
 * Compare it with `<`, `>` or `==` against either; `BigInt(value)` gives one type for arithmetic.
 */
export type Integer = number | bigint
