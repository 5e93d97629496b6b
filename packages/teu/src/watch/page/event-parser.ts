/** Server-sent events out of pieces of text, as far as this server writes them: an event line, a data line, an empty line.
 *  @see https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** One event. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
}

/** Takes pieces as they come, which begin and end anywhere. */
export class EventParser {
  #rest = ''

  /** The events that are complete with this piece. */
  push(piece: string): ServerEvent[] {
    const blocks = (this.#rest + piece).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    return blocks.map((block) => {
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
      return { event: fields.get('event') ?? '', data: fields.get('data') ?? '' }
    })
  }
}
