/** `teu watch` from its request to its exit status. */

import { signalNumber } from '@teu/spec'
import type { MergedWatcher } from '@teu/watch'
import type { TeuContext } from '../human/context.ts'
import { paintFor } from '../human/paint.ts'
import { messageOf } from './event-document.ts'
import { packImage } from './image-packer.ts'
import { openEngines } from './open-engines.ts'
import { printEvents } from './plain.ts'
import { visible } from './view/visible.ts'
import type { Sampler } from './watch-door.ts'
import { Warnings } from './warnings.ts'
import type { WatchRequest } from './watch-options.ts'

/** How often engines are looked for: somebody may be waiting for one. */
const DISCOVER_INTERVAL_MS = 5000
const SIGNAL_BASE = 128

/** Watches until a signal, a key, or the end of whoever reads ends it.
 *  @returns 0 when a person has ended it, 128 + n for another signal n than that of Ctrl-C
 *  @throws {TeuError} ERR_TEU_USAGE when it is not known what listens at an address */
export async function runWatch(request: WatchRequest, context: TeuContext): Promise<number> {
  const { door, io } = context
  const [console, machine] = await Promise.all([door.console(), door.watching()])
  const ending = new AbortController()
  let status = 0
  const stopSignals = console.onSignal((name) => {
    if (name !== 'SIGINT') status = SIGNAL_BASE + signalNumber(name)
    ending.abort()
  })
  try {
    const warnings = new Warnings((line) => io.err(line))
    await using watcher = machine.watchAll({
      ...(request.engines && { engines: openEngines(request.engines, machine) }),
      packer: packImage,
      discoverIntervalMs: DISCOVER_INTERVAL_MS,
      env: io.env,
      logger: warnings,
    })
    const isTerminal = console.isTerminal('stdin') && console.isTerminal('stdout') && !['', 'dumb'].includes(io.env['TERM'] ?? '')
    if (request.web !== undefined) {
      using sampler = machine.sampler()
      tellWhenThereIsNone(watcher, io)
      await showPage({ watcher, sampler, request, port: request.web.port, signal: ending.signal, io })
    } else if (isTerminal && !request.plain && request.format === 'text') {
      const { showScreen } = await import('./screen/show-screen.ts')
      using sampler = machine.sampler()
      await warnings.during(() => showScreen({ watcher, sampler, request, console, io, signal: ending.signal }))
    } else {
      const paint = paintFor({ env: io.env, isErrTerminal: () => console.isTerminal('stdout') })
      tellWhenThereIsNone(watcher, io)
      await printEvents(watcher, request, { paint, full: request.full }, console.output('stdout'), ending.signal)
    }
    return status
  } catch (error) {
    // Nobody reads any more, or the terminal has gone.
    if (['EPIPE', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return status
    if (ending.signal.aborted) return status
    throw error
  } finally {
    stopSignals()
  }
}

interface PageShow {
  readonly watcher: MergedWatcher
  readonly sampler: Sampler
  readonly request: WatchRequest
  readonly port: number
  readonly signal: AbortSignal
  readonly io: TeuContext['io']
}

/** Serves the page until the signal is aborted. Its address is all that is printed to stdout, for scripts. */
async function showPage({ watcher, sampler, request, port, signal, io }: PageShow): Promise<void> {
  const { servePage } = await import('./web/serve-page.ts')
  const { selection, intervalMs } = request
  const failing = new AbortController()
  const { url, closed } = await servePage({
    watcher,
    sampler,
    selection,
    intervalMs,
    port,
    failed: (error) => io.err(`teu: cannot show: ${visible(messageOf(error))}\n`),
    signal: AbortSignal.any([signal, failing.signal]),
  })
  try {
    io.out(`${url}\n`)
    io.err('teu: whoever has this address can see the containers while this runs; Ctrl-C ends it\n')
  } catch (error) {
    failing.abort()
    throw error
  } finally {
    await closed
  }
}

/** Says once that nothing was found; what comes later shows by itself. */
function tellWhenThereIsNone(watcher: MergedWatcher, { err }: TeuContext['io']): void {
  watcher.ready().then(
    () => {
      if (watcher.watchers.length === 0) err('teu: no container engine was found; waiting for one\n')
    },
    // It was ended before.
    () => undefined,
  )
}
