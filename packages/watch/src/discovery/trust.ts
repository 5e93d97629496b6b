/** How far the place at which a socket was found speaks for what listens there. */

/** `host`: given by the caller or configured, or one of the usual sockets of this machine, which only root can make. `user`: below
 *  /run/user, or found by the name of the process that listens, which anybody can take. `foreign`: in another mount namespace. */
export type Trust = 'host' | 'user' | 'foreign'

const RANKS: Readonly<Record<Trust, number>> = { host: 2, user: 1, foreign: 0 }

/** True when `one` is to be believed rather than `other`. */
export function isTrustedMore(one: Trust, other: Trust): boolean {
  return RANKS[one] > RANKS[other]
}
