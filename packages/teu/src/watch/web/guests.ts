/** Who may keep a connection to the page's server: those who have shown the token, and for a moment those who have not yet. */

import type { Socket } from 'node:net'

/** Limits of {@link Guests}. */
export interface GuestLimits {
  /** Connections on which the token was not shown yet. The oldest goes when there is one more. */
  readonly strangers: number
  /** How long one may stay such a connection, in milliseconds. */
  readonly strangerMs: number
  /** Connections on which the token was shown. */
  readonly known: number
}

/** Every user of this machine can connect. Places of those who have the token are their own: nobody else can take them, and a connection that
 *  shows nothing is closed in time, however slowly something arrives on it. */
export class Guests {
  readonly #limits: GuestLimits
  /** Oldest first. */
  readonly #strangers = new Map<Socket, NodeJS.Timeout>()
  readonly #known = new Set<Socket>()

  constructor(limits: GuestLimits) {
    this.#limits = limits
  }

  /** Of both kinds. */
  get count(): number {
    return this.#strangers.size + this.#known.size
  }

  /** Somebody has connected. */
  arrived(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), this.#limits.strangerMs)
    this.#strangers.set(socket, timer)
    socket.once('close', () => this.#left(socket))
    const [oldest] = this.#strangers.keys()
    if (this.#strangers.size <= this.#limits.strangers || oldest === undefined) return
    this.#left(oldest)
    oldest.destroy()
  }

  /** The token was shown on this connection.
   *  @returns  false when there is no place for it */
  admitted(socket: Socket): boolean {
    if (this.#known.has(socket)) return true
    if (this.#known.size >= this.#limits.known) return false
    clearTimeout(this.#strangers.get(socket))
    // Bun tells of no connections beforehand.
    if (!this.#strangers.delete(socket)) socket.once('close', () => this.#left(socket))
    this.#known.add(socket)
    return true
  }

  #left(socket: Socket): void {
    clearTimeout(this.#strangers.get(socket))
    this.#strangers.delete(socket)
    this.#known.delete(socket)
  }
}
