/** What goes wrong beside any call: published on the diagnostics channel `teu:containerd`, so that no logger is forced on users. */

import { channel } from 'node:diagnostics_channel'

/** One message of the channel. */
export interface Report {
  /** What was being done, for example `deliver an event`. */
  readonly what: string
  readonly containerId?: string | undefined
  readonly error: unknown
}

const reports = channel('teu:containerd')

/** Publishes a report; nobody need listen. */
export function report(entry: Report): void {
  reports.publish(entry)
}
