/** The stream of events from the server, opened again whenever it ends. */

import type { WireChanges, WireSnapshot } from '../web/wire.ts'
import { EventParser } from './event-parser.ts'

/** `refused`: the server does not know this page, and trying again does not help. */
export type ConnectionState = 'connecting' | 'live' | 'silent' | 'lost' | 'refused'

/** Who is told. */
export interface ConnectionListener {
  snapshot(snapshot: WireSnapshot): void
  changes(changes: WireChanges): void
  connected(state: ConnectionState): void
}

/** The server says something with each sample. So many intervals, but at least so many milliseconds, without a word are silence. */
const [SILENT_INTERVALS, LEAST_SILENT_MS] = [5, 6_000]
/** Between two attempts, in milliseconds. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 5_000]

/** Connects, for as long as the page is open. EventSource would hide why it was refused. */
export async function stayConnected(url: string, listener: ConnectionListener): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS
  for (;;) {
    const outcome = await readEvents(url, listener)
    if (outcome === 'refused') return listener.connected('refused')
    listener.connected('lost')
    pauseMs = outcome === 'ended' ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** One connection. `failed` when there was none, `ended` when there was one. */
async function readEvents(url: string, listener: ConnectionListener): Promise<'refused' | 'failed' | 'ended'> {
  let silence: ReturnType<typeof setTimeout> | undefined
  let isLive = false
  let silentMs = LEAST_SILENT_MS
  const heard = (): void => {
    clearTimeout(silence)
    silence = setTimeout(() => listener.connected('silent'), silentMs)
    isLive = true
    listener.connected('live')
  }
  try {
    const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, cache: 'no-store', redirect: 'error' })
    if (response.status === 403) return 'refused'
    if (!response.ok || response.body === null) return 'failed'
    const parser = new EventParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      for (const { event, data } of parser.push(value)) {
        if (event === 'snapshot') {
          const snapshot = JSON.parse(data) as WireSnapshot
          silentMs = Math.max(LEAST_SILENT_MS, snapshot.intervalMs * SILENT_INTERVALS)
          listener.snapshot(snapshot)
        } else if (event === 'changes') listener.changes(JSON.parse(data) as WireChanges)
      }
      heard()
    }
  } catch {
    // Why a connection cannot be had, or breaks, is told to nobody but the browser's own console.
  } finally {
    clearTimeout(silence)
  }
  return isLive ? 'ended' : 'failed'
}
