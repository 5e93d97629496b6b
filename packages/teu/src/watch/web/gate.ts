/** Who is let in, and to what: the rules for requests, without a server. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** The parts of a request that decide. */
export interface Asked {
  readonly method?: string | undefined
  /** Path and query, as in the request line. */
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** What a request is for. */
export type Route = { readonly to: 'page' } | { readonly to: 'events' } | { readonly to: 'container'; readonly n: number }

/** What is answered in place of that; text for people. */
export interface Refusal {
  readonly status: 403 | 404 | 405 | 421
  readonly text: string
}

/** 192 random bits, as 32 characters that a URL can have. */
export function newToken(): string {
  return randomBytes(24).toString('base64url')
}

/** Names of this machine's loopback that no DNS server decides about. The port is left open, for those who forward it to another one. */
const OWN_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/

/**
 * The rules, in order:
 *
 *   - GET only: nothing can be changed here, and nothing is sent here.
 *   - The host is a name of the loopback: a page of a stranger whose DNS name was rebound to 127.0.0.1 still says its own name.
 *   - The browser says that no other site is behind the request; programs that are no browsers say nothing.
 *   - The first part of the path is the token, for whatever is asked.
 *   - The page is not part of another page, and data is for scripts only, so that no browser ever renders it.
 */
export function admit(asked: Asked, token: string): Route | Refusal {
  const { method, url = '', headers } = asked
  const header = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
  if (method !== 'GET') return { status: 405, text: 'Only GET is allowed here.' }
  const host = header('host') ?? ''
  if (!OWN_HOST.test(host)) return { status: 421, text: 'This is only for requests to the loopback address.' }
  const [origin, site] = [header('origin'), header('sec-fetch-site')]
  if (origin !== undefined && origin !== `http://${host}`) return FROM_ELSEWHERE
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return FROM_ELSEWHERE
  const [, given = '', ...rest] = (url.split('?')[0] ?? '').split('/')
  if (!isSameToken(given, token))
    return { status: 403, text: 'Open the address that teu watch --web has printed. It is another one each time.' }
  const route = routeOf(rest.join('/'))
  if (route === undefined) return { status: 404, text: 'There is nothing here.' }
  const destination = header('sec-fetch-dest')
  if (destination !== undefined && destination !== (route.to === 'page' ? 'document' : 'empty')) return FROM_ELSEWHERE
  return route
}

const FROM_ELSEWHERE: Refusal = { status: 403, text: 'Requests of other pages are not answered.' }

function routeOf(path: string): Route | undefined {
  if (path === '') return { to: 'page' }
  if (path === 'events') return { to: 'events' }
  const [, n] = /^containers\/([1-9]\d{0,14})$/.exec(path) ?? []
  return n === undefined ? undefined : { to: 'container', n: Number(n) }
}

/** Takes the same time wherever the first difference is; of two lengths, too. */
function isSameToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
