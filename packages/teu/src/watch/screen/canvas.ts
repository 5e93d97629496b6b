/** The terminal as a page that is drawn on: what is the same stays. */

/** Alternate screen, no cursor, no wrapping at the right end, everything empty. @see XTerm Control Sequences */
export const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[0m\u001b[H\u001b[2J'
/** Everything as it was. */
export const LEAVE = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l'

/** Knows what the terminal shows. */
export class Canvas {
  #shown: readonly string[] = []

  /** What to send so that the terminal shows these lines from its top on, and nothing else; empty when it shows them already. */
  difference(lines: readonly string[]): string {
    let text = ''
    const count = Math.max(lines.length, this.#shown.length)
    for (let n = 0; n < count; n++) {
      const line = lines[n] ?? ''
      // Emptied first: behind a line as wide as the screen the cursor stands on its last character.
      if (line !== this.#shown[n]) text += `\u001b[${n + 1};1H\u001b[2K${line}`
    }
    this.#shown = [...lines]
    return text
  }

  /** The terminal is empty now. */
  forget(): void {
    this.#shown = []
  }
}
