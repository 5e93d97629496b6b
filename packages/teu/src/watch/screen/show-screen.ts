/** The full-screen view, from the first frame to the terminal as it was. */

import type { MergedWatcher, WatchEvent } from '@teu/watch'
import type { Io } from '../../cli/io.ts'
import type { Console } from '../../host/console.ts'
import { LiveModel } from '../model/live-model.ts'
import { ASCII_BARS, BLOCKS } from '../view/chart.ts'
import { rendered } from '../view/line.ts'
import type { Sampler } from '../watch-door.ts'
import type { WatchRequest } from '../watch-options.ts'
import { FramePacer } from './frame-pacer.ts'
import { type Key, KeyReader } from './keys.ts'
import { noticeOf } from './notice.ts'
import { type Picture, pictureOf, type Setting } from './screen-text.ts'
import { TerminalPage } from './terminal-page.ts'
import { INITIAL, press, type UiState } from './ui-state.ts'

/** What it works with. */
export interface ScreenOptions {
  readonly watcher: MergedWatcher
  readonly sampler: Sampler
  readonly request: Pick<WatchRequest, 'selection' | 'intervalMs'>
  readonly console: Console
  readonly io: Pick<Io, 'env' | 'now'>
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Between two frames: after a key, and after what happens by itself. */
const KEY_GAP_MS = 80
const CHANGE_GAP_MS = 250
/** A key that begins with Escape comes whole, also over slow lines. */
const ESCAPE_MS = 60
/** Of a terminal that does not tell. */
const UNKNOWN_SIZE = { columns: 80, rows: 24 }

/** Shows the screen until a key or the signal ends it. The terminal is as before then, whatever has happened.
 *  @throws what has gone wrong meanwhile */
export async function showScreen(options: ScreenOptions): Promise<void> {
  const page = new TerminalPage(options.console)
  try {
    await new Screen(options, page).run()
  } finally {
    await page.close()
  }
}

class Screen {
  readonly #options: ScreenOptions
  readonly #page: TerminalPage
  readonly #setting: Setting
  readonly #colour: boolean
  readonly #pacer: FramePacer
  readonly #model: LiveModel
  readonly #keys = new KeyReader()
  readonly #over = new AbortController()
  #failure: { readonly error: unknown } | undefined
  #escape: NodeJS.Timeout | undefined
  #state: UiState = INITIAL
  #picture: Picture | undefined
  /** The picture shows other containers, or another order, than were chosen since. */
  #isOtherList = false
  #notice = ''

  constructor(options: ScreenOptions, page: TerminalPage) {
    const { watcher, sampler, request, io } = options
    this.#options = options
    this.#page = page
    this.#setting = { bars: barsFor(io.env), intervalMs: request.intervalMs }
    this.#colour = (io.env['NO_COLOR'] ?? '') === ''
    this.#pacer = new FramePacer(
      () => this.#draw(),
      (error) => this.#fail(error),
    )
    this.#model = new LiveModel({
      watcher,
      sampler,
      selection: request.selection,
      now: () => io.now(),
      changed: (events) => this.#changed(events),
    })
  }

  async run(): Promise<void> {
    const { console, signal } = this.#options
    const input = console.input()
    const end = (): void => this.#over.abort()
    const guarded =
      <T extends unknown[]>(act: (...values: T) => void) =>
      (...values: T): void => {
        try {
          act(...values)
        } catch (error) {
          this.#fail(error)
        }
      }
    const onData = guarded((chunk: Buffer) => this.#read(chunk))
    const onError = (error: Error): void => this.#fail(error)
    const stop = [
      console.onResize(guarded(() => this.#redraw())),
      console.onStop(guarded(() => void this.#suspend())),
      console.onContinue(guarded(() => this.#continue())),
    ]
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    input.on('data', onData).on('end', end).on('error', onError)
    try {
      this.#page.open()
      this.#pacer.want(0)
      await Promise.all([this.#sampling(), aborted(this.#over.signal)])
    } finally {
      this.#pacer[Symbol.dispose]()
      this.#model[Symbol.dispose]()
      clearTimeout(this.#escape)
      for (const step of stop) step()
      signal.removeEventListener('abort', end)
      input.off('data', onData).off('end', end).off('error', onError)
      input.pause()
    }
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #sampling(): Promise<void> {
    const { console, request } = this.#options
    const { signal } = this.#over
    try {
      while (!signal.aborted) {
        await this.#model.sample(signal)
        await console.pause(request.intervalMs, signal)
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#over.abort()
  }

  #changed(events: readonly WatchEvent[]): void {
    const { selection } = this.#options.request
    for (const event of events) {
      const isWanted = 'container' in event ? selection.container(event.container) : selection.engine(event.engine)
      if (isWanted) this.#notice = noticeOf(event) ?? this.#notice
    }
    this.#pacer.want(CHANGE_GAP_MS)
  }

  #read(chunk: Buffer): void {
    clearTimeout(this.#escape)
    for (const key of this.#keys.read(chunk)) this.#press(key)
    if (this.#keys.isUndecided) {
      this.#escape = setTimeout(() => {
        for (const key of this.#keys.decide()) this.#press(key)
      }, ESCAPE_MS)
    }
  }

  #press(key: Key): void {
    if ('name' in key && key.name === 'ctrl-l') return this.#redraw()
    if ('name' in key && key.name === 'ctrl-z') return void this.#suspend()
    // Enter right after the filter is meant for what the filter lets through, drawn already or not.
    if (this.#isOtherList && 'name' in key) this.#look()
    const { keys = [], height = 1 } = this.#picture ?? {}
    const { query, sort, isGrouped } = this.#state
    const next = press(this.#state, key, { keys, height })
    if (next === 'quit') return this.#over.abort()
    this.#isOtherList ||= next.query !== query || next.sort !== sort || next.isGrouped !== isGrouped
    this.#state = next
    this.#pacer.want(KEY_GAP_MS)
  }

  /** The size is another one, or somebody else has written to the terminal. */
  #redraw(): void {
    this.#page.clear()
    this.#pacer.want(KEY_GAP_MS)
  }

  async #suspend(): Promise<void> {
    try {
      await this.#page.leave()
      await this.#options.console.suspend()
      this.#continue()
    } catch (error) {
      this.#fail(error)
    }
  }

  #continue(): void {
    if (this.#over.signal.aborted) return
    this.#page.open()
    this.#pacer.want(0)
  }

  #look(): Picture {
    const size = this.#options.console.size() ?? UNKNOWN_SIZE
    const picture = pictureOf(this.#model, this.#state, this.#notice, size, this.#setting)
    this.#picture = picture
    this.#state = picture.state
    this.#isOtherList = false
    return picture
  }

  async #draw(): Promise<void> {
    await this.#page.show(this.#look().lines.map((line) => rendered(line, this.#colour)))
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** The Linux console has few of the blocks, and a locale that is not UTF-8 has none. */
function barsFor(env: Io['env']): typeof BLOCKS {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value !== undefined && value !== '')
  const isUtf8 = locale === undefined || /^(?:C|POSIX)$|utf-?8/i.test(locale)
  return isUtf8 && env['TERM'] !== 'linux' ? BLOCKS : ASCII_BARS
}
