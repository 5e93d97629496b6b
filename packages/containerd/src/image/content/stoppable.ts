import { abortable } from '@teu/spec'

/** What `source` yields, until the signal fires: then the loop over this throws the signal's reason, also while the source says nothing. */
export async function* stoppable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await abortable(iterator.next(), signal)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // Not awaited: a source that waits for its next value answers only after that.
    iterator.return?.().catch(() => {})
  }
}
