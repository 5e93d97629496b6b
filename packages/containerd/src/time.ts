/** Times on the wire. */

/** Seconds and nanoseconds since the epoch. */
export interface WireTime {
  readonly seconds: bigint
  readonly nanos: number
}

/** Last second of the year 9999: Timestamp of protobuf ends there, too. */
const MAX_SECONDS = 253_402_300_799n

/** A time as Date, in milliseconds; undefined for one that was never set, which is the first day of the year 1 for Go, or 0, and for all
 *  others that are not in the years 1970 to 9999. */
export function readTime(time: WireTime | undefined): Date | undefined {
  if (time === undefined || time.seconds < 0n || time.seconds > MAX_SECONDS) return undefined
  const ms = Math.floor(time.nanos / 1_000_000)
  if (ms < 0 || ms > 999 || (time.seconds === 0n && time.nanos === 0)) return undefined
  return new Date(Number(time.seconds) * 1000 + ms)
}
