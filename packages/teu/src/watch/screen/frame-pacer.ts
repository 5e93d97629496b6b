/** When frames are drawn: soon after something has changed, never more often than people can read, one at a time. */

/** See the head of this file. */
export class FramePacer implements Disposable {
  readonly #draw: () => Promise<void>
  readonly #failed: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #dueAt = Infinity
  #lastAt = -Infinity
  #isDrawing = false
  #isOver = false

  constructor(draw: () => Promise<void>, failed: (error: unknown) => void) {
    this.#draw = draw
    this.#failed = failed
  }

  /** Asks for a frame at least `gapMs` after the last one. */
  want(gapMs: number): void {
    if (this.#isOver) return
    const dueAt = this.#lastAt + gapMs
    if (dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    if (!this.#isDrawing) this.#schedule()
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#frame(), Math.max(0, this.#dueAt - performance.now()))
  }

  async #frame(): Promise<void> {
    this.#isDrawing = true
    this.#dueAt = Infinity
    this.#lastAt = performance.now()
    try {
      await this.#draw()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#isDrawing = false
      if (this.#dueAt !== Infinity && !this.#isOver) this.#schedule()
    }
  }
}
