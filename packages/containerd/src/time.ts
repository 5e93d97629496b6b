/** Times on the wire. */

/** Seconds and nanoseconds since the epoch. */
export interface WireTime {
  readonly seconds: bigint
  readonly nanos: number
}

/** Go's zero time: the first day of year 1. */
const UNSET_SECONDS = -62_135_596_800n

/** A time as Date, in milliseconds; undefined for one that was never set. */
export function readTime(time: WireTime | undefined): Date | undefined {
  if (time === undefined || time.seconds <= UNSET_SECONDS || (time.seconds === 0n && time.nanos === 0)) return undefined
  return new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000))
}
