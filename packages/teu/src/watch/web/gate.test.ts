import { describe, expect, it } from 'vitest'
import { admit, newToken } from './gate.ts'

const TOKEN = newToken()
const HOST = '127.0.0.1:4711'
/** As a browser asks. */
const asked = (path: string, more: Record<string, string | undefined> = {}, method = 'GET'): Parameters<typeof admit>[0] => ({
  method,
  url: path,
  headers: { host: HOST, ...more },
})
const statusOf = (...args: Parameters<typeof asked>): number | undefined => {
  const verdict = admit(asked(...args), TOKEN)
  return 'status' in verdict ? verdict.status : undefined
}

describe('newToken()', () => {
  it('has 192 bits, and is never the same', () => {
    const tokens = Array.from({ length: 100 }, newToken)
    expect(new Set(tokens).size).toBe(100)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{32}$/)
  })
})

describe('admit()', () => {
  it.each([
    [`/${TOKEN}`, { to: 'page' }],
    [`/${TOKEN}/`, { to: 'page' }],
    [`/${TOKEN}?x=/events`, { to: 'page' }],
    [`/${TOKEN}/events`, { to: 'events' }],
    [`/${TOKEN}/containers/12`, { to: 'container', n: 12 }],
  ])('lets in who has the token: %s', (path, route) => {
    expect(admit(asked(path), TOKEN)).toEqual(route)
  })

  it.each([
    '/',
    '',
    '*',
    '/events',
    `/${TOKEN.slice(0, -1)}`,
    `/${TOKEN}x`,
    `//${TOKEN}`,
    `/x/${TOKEN}`,
    `/?${TOKEN}`,
    `/?token=${TOKEN}`,
    `/${TOKEN.toUpperCase()}.`,
    '/favicon.ico',
    '/%00',
    '/'.padEnd(10_000, 'a'),
  ])('refuses whoever does not have it: %s', (path) => {
    expect(statusOf(path)).toBe(403)
  })

  it('does not take the token from a header or a cookie', () => {
    expect(statusOf('/events', { authorization: `Bearer ${TOKEN}`, cookie: `token=${TOKEN}` })).toBe(403)
  })

  it.each([
    'x',
    'events/',
    'events/x',
    '..',
    'containers',
    'containers/',
    'containers/0',
    'containers/-1',
    'containers/1e3',
    'containers/1/x',
    'containers/99999999999999999',
  ])('has nothing at %s', (path) => {
    expect(statusOf(`/${TOKEN}/${path}`)).toBe(404)
  })

  it.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'get'])('refuses %s', (method) => {
    expect(statusOf(`/${TOKEN}`, {}, method)).toBe(405)
  })

  it.each(['127.0.0.1:4711', 'localhost:4711', 'localhost:8080', '[::1]:4711', '127.0.0.1'])('answers to the host %s', (host) => {
    expect(statusOf(`/${TOKEN}`, { host })).toBeUndefined()
  })

  it.each([
    'evil.example',
    'evil.example:4711',
    '127.0.0.1.evil.example',
    'localhost.evil.example:80',
    '10.0.0.1:4711',
    '0.0.0.0:4711',
    'x@127.0.0.1',
    '127.0.0.1:4711:1',
    '127.0.0.1:4711, evil.example',
    '',
    undefined,
  ])('a name that was rebound to the loopback is not answered: %s', (host) => {
    expect(statusOf(`/${TOKEN}/events`, { host })).toBe(421)
  })

  it.each(['http://evil.example', 'null', 'https://127.0.0.1:4711', 'http://127.0.0.1:4712', 'http://localhost:4711'])(
    'refuses scripts of another origin: %s',
    (origin) => {
      expect(statusOf(`/${TOKEN}/events`, { origin })).toBe(403)
      expect(statusOf(`/${TOKEN}/events`, { origin: `http://${HOST}` })).toBeUndefined()
    },
  )

  it('refuses what the browser says comes from another site', () => {
    const page = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect(statusOf(`/${TOKEN}`, { ...page, 'sec-fetch-site': 'none' })).toBeUndefined()
    expect(statusOf(`/${TOKEN}`, { ...page, 'sec-fetch-site': 'same-origin' })).toBeUndefined()
    for (const site of ['cross-site', 'same-site', '']) expect(statusOf(`/${TOKEN}`, { ...page, 'sec-fetch-site': site })).toBe(403)
  })

  it('gives the page to windows only, and data to scripts only', () => {
    for (const dest of ['iframe', 'frame', 'object', 'embed', 'script', 'empty']) {
      expect(statusOf(`/${TOKEN}`, { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': dest })).toBe(403)
    }
    for (const path of ['events', 'containers/1']) {
      expect(statusOf(`/${TOKEN}/${path}`, { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'empty' })).toBeUndefined()
      for (const dest of ['document', 'script', 'style', 'image', 'iframe']) {
        expect(statusOf(`/${TOKEN}/${path}`, { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': dest })).toBe(403)
      }
    }
  })
})
