/** Options of `teu watch`. */

import type { OptionValues } from '../cli/options.ts'
import { usage } from '../cli/parse.ts'
import { parseDurationMs } from '../cli/quantities.ts'
import { type Selection, selectionOf } from './selection.ts'

export const WATCH_OPTIONS = {
  format: { kind: 'text', value: 'FORMAT', help: 'text (default), or json: one object per line' },
  plain: { kind: 'flag', help: 'Print lines, also on a terminal' },
  engine: {
    kind: 'list',
    value: 'ADDRESS',
    help: 'Watch this socket only; may be given several times (default: all engines that are found)',
  },
  filter: { kind: 'list', short: 'f', value: 'NAME=VALUE', help: 'label=KEY[=VALUE], name=…, project=… or engine=…; see below' },
  'no-trunc': { kind: 'flag', help: 'Print ids in full' },
  web: { kind: 'flag', help: 'Serve the view as a page on 127.0.0.1, and print its address' },
  port: { kind: 'text', value: 'PORT', help: 'Port of that page (default: any that is free)' },
  interval: { kind: 'text', value: 'TIME', help: 'Time between two samples of usage in the full-screen view or the page (default 1s)' },
} as const

/** What was given of them. */
export type WatchValues = OptionValues<typeof WATCH_OPTIONS>

/** Where an engine listens. */
export interface EngineAddress {
  /** `docker`, `podman`, `containerd`, `cri`; undefined: the name of the socket tells. */
  readonly kind: string | undefined
  readonly address: string
}

/** What the line asks for. */
export interface WatchRequest {
  readonly format: 'text' | 'json'
  readonly plain: boolean
  /** Undefined: those that are found. */
  readonly engines: readonly EngineAddress[] | undefined
  readonly selection: Selection
  /** Ids in full. */
  readonly full: boolean
  readonly intervalMs: number
  /** The page, when it is asked for. */
  readonly web: { readonly port: number } | undefined
}

const INTERVAL_MS = 1000
const MIN_INTERVAL_MS = 100

/** @throws {TeuError} ERR_TEU_USAGE */
export function watchRequestOf(values: WatchValues): WatchRequest {
  const { format = 'text', plain = false, engine, filter = [], 'no-trunc': full = false, interval } = values
  if (format !== 'text' && format !== 'json') throw usage(`--format: expected text or json, got "${format}"`)
  const intervalMs = interval === undefined ? INTERVAL_MS : parseDurationMs('interval', interval)
  if (intervalMs < MIN_INTERVAL_MS) throw usage(`--interval: expected at least ${MIN_INTERVAL_MS}ms, got "${interval}"`)
  const web = webOf(values)
  return { format, plain, engines: engine?.map(engineAddressOf), selection: selectionOf(filter), full, intervalMs, web }
}

const LAST_PORT = 65_535

function webOf({ web = false, port, plain, format, 'no-trunc': full }: WatchValues): WatchRequest['web'] {
  if (!web) {
    if (port !== undefined) throw usage('--port: there is no page without --web')
    return undefined
  }
  for (const [name, value] of Object.entries({ plain, format, 'no-trunc': full })) {
    if (value !== undefined) throw usage(`--web: cannot be used with --${name}`)
  }
  const number = port === undefined ? 0 : Number(port)
  const isPort = /^\d{1,5}$/.test(port ?? '0') && number <= LAST_PORT && (port === undefined || number > 0)
  if (!isPort) throw usage(`--port: expected a number from 1 to ${LAST_PORT}, got "${port}"`)
  return { port: number }
}

/** An address (the path of a socket, `unix:///path` …), behind the kind of engine and a colon where its name does not tell that. */
function engineAddressOf(text: string): EngineAddress {
  const [, kind, address = ''] = /^(?:([a-z][a-z0-9]*):(?!\/\/))?(\/.*|[a-z]+:\/\/.+)$/s.exec(text) ?? []
  if (address === '') throw usage(`--engine: expected the path of a socket, tcp://host:port or ssh://user@host, got "${text}"`)
  return { kind, address }
}
