/** What the gRPC library says of calls that did not reach the daemon, without the inner life of the library. */

const WITHOUT_CONNECTION = /^No connection established\. Last error: (?:Error: )?(.*?)(?:\. Resolution note:.*)?$/s
const LATE = /^Deadline exceeded after ([\d.]+)s/
const REFUSED_HANDSHAKE = /^Failed to connect(?: \([^)]*\))?$/

/** A sentence for people. What the daemon itself has said stays as it is. */
export function plainDetails(details: string): string {
  const reason = WITHOUT_CONNECTION.exec(details)?.[1] ?? details
  if (REFUSED_HANDSHAKE.test(reason)) return 'whoever listens there does not speak gRPC, or has closed the connection'
  const late = LATE.exec(reason)?.[1]
  return late === undefined ? reason : `no answer within ${Number(late)} s`
}
