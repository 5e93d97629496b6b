/** What the library warns of, for whoever sits at the terminal. */

import { messageOf } from './event-document.ts'
import { visible } from './view/visible.ts'

/** What one who watches for days may be told. */
const MOST = 100

/** A logger that prints each warning once. While something else has the terminal they wait. */
export class Warnings {
  readonly #print: (text: string) => void
  readonly #told = new Set<string>()
  #held: string[] | undefined

  /** @param print  takes whole lines */
  constructor(print: (text: string) => void) {
    this.#print = print
  }

  warn({ err }: Readonly<Record<string, unknown>>, message: string): void {
    const line = `teu: ${visible(message)}${err === undefined ? '' : `: ${visible(messageOf(err))}`}\n`
    if (this.#told.has(line) || this.#told.size >= MOST) return
    this.#told.add(line)
    if (this.#held === undefined) this.#print(line)
    else this.#held.push(line)
  }

  /** Keeps warnings back until `show` has settled. */
  async during(show: () => Promise<void>): Promise<void> {
    const held: string[] = (this.#held = [])
    try {
      await show()
    } finally {
      this.#held = undefined
      for (const line of held) this.#print(line)
    }
  }
}
