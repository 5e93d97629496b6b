import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { type Container, type MergedWatcher, watchAll } from '@teu/watch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../../../../watch/src/testing/scripted-engine.ts'
import { type PageOptions, type ServedPage, servePage } from './serve-page.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
      .on('error', reject)
      .end()
  })
}

describe('servePage()', () => {
  let engine: ScriptedEngine
  let watcher: MergedWatcher
  let abort: AbortController
  let served: ServedPage
  let samples: number

  beforeEach(async () => {
    engine = new ScriptedEngine()
    engine.start('a', { secret: '<script>alert(1)</script>' })
    watcher = watchAll({ engines: [engine] })
    await watcher.ready()
    abort = new AbortController()
    samples = 0
    const sampler = {
      sample: async () => {
        samples++
        return new Map()
      },
    }
    served = await servePage({ watcher, sampler, signal: abort.signal, intervalMs: 5 })
  })

  afterEach(async () => {
    abort.abort()
    await served.closed
    await watcher[Symbol.asyncDispose]()
  })

  /** Reads events until there are so many. */
  function events(count: number): Promise<{ texts: string[]; close: () => Promise<void> }> {
    return new Promise((resolve, reject) => {
      const asked = request(`${served.url}/events`, { agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
          const texts = text.split('\n\n')
          if (texts.length <= count) return
          const close = (): Promise<void> =>
            new Promise((closed) => {
              response.once('close', () => closed())
              asked.destroy()
            })
          resolve({ texts: texts.slice(0, count), close })
        })
        response.on('error', () => undefined)
      })
      asked.on('error', reject).end()
    })
  }

  it('listens on the loopback address, at a URL with a token', () => {
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/)
  })

  it('gives the page, with a policy that allows its own script and style and nothing else', async () => {
    const { status, headers, body } = await get(served.url)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toEqual([
      "default-src 'none'",
      expect.stringMatching(/^script-src 'sha256-[\w+/]{43}='$/),
      expect.stringMatching(/^style-src 'sha256-[\w+/]{43}='$/),
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
    expect(body).not.toMatch(/(?:src|href)="(?!data:)/)
  })

  it('puts the same guards on every answer, whatever it is', async () => {
    const { origin } = new URL(served.url)
    const answers = [
      await get(served.url),
      await get(`${served.url}/containers/1`),
      await get(`${served.url}/nothing`),
      await get(origin),
      await get(served.url, {}, 'POST'),
      await get(served.url, { host: 'evil.example' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 403, 405, 421])
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
    for (const { body } of answers.slice(2)) expect(body).not.toContain(served.url.split('/')[3])
  })

  it('streams a snapshot, then samples for as long as somebody looks', async () => {
    expect(samples).toBe(0)
    const { texts, close } = await events(3)
    expect(texts[0]).toMatch(/^event: snapshot\ndata: \{.*"name":"a"/)
    expect(texts[1]).toMatch(/^event: changes\ndata: \{"sample"/)
    await close()
    // The server hears of it when it writes again.
    let before = -1
    while (before !== samples) {
      before = samples
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    expect(samples).toBeGreaterThan(1)
  })

  it('tells more of one container, as data that no browser renders', async () => {
    const { headers, body } = await get(`${served.url}/containers/1`)
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toEqual({
      n: 1,
      labels: [['secret', '<script>alert(1)</script>']],
      moreLabels: 0,
      history: { at: [], cpu: [], memory: [], pids: [] },
    })
    expect((await get(`${served.url}/containers/2`)).status).toBe(404)
  })

  it('has room for sixteen open pages, and says so to the next one', async () => {
    const open = await Promise.all(Array.from({ length: 16 }, () => events(1)))
    expect((await get(`${served.url}/events`)).status).toBe(503)
    expect((await get(served.url)).status).toBe(200)
    await Promise.all(open.map(({ close }) => close()))
  })

  it('does not answer headers without an end, or what is not HTTP', async () => {
    const { port } = new URL(served.url)
    for (const text of ['\0\u0001nonsense\r\n\r\n', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`]) {
      const answer = await new Promise<string>((resolve) => {
        let heard = ''
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
        socket.setEncoding('utf8').on('data', (piece: string) => (heard += piece))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve(heard))
      })
      expect(answer).not.toContain(' 200 ')
    }
    expect((await get(served.url)).status).toBe(200)
  })

  it('aborting ends streams and idle connections, and frees the port', async () => {
    await events(2)
    const { port } = new URL(served.url)
    const idle = connect(Number(port), '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const gone = new Promise((resolve) => idle.once('close', resolve))
    idle.on('error', () => undefined).resume()
    abort.abort()
    await served.closed
    await gone
    const next = new AbortController()
    const served2 = await servePage({ watcher, sampler: { sample: async () => new Map() }, port: Number(port), signal: next.signal })
    expect(new URL(served2.url).port).toBe(port)
    expect(served2.url).not.toBe(served.url)
    next.abort()
    await served2.closed
  })

  /** Connects, sends a text, and resolves when the server has closed it. */
  function closing(url: string, text: string): { opened: Promise<void>; closed: Promise<void> } {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const opened = new Promise<void>((resolve) => {
      socket.once('connect', () => {
        if (text === '') resolve()
        else socket.write(text, () => resolve())
      })
    })
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined).resume()
    return { opened, closed }
  }

  it('idle connections of strangers, however many, lock nobody out who has the token', async () => {
    const idle = Array.from({ length: 200 }, () => closing(served.url, ''))
    await Promise.all(idle.map(({ opened }) => opened))
    expect((await get(served.url)).status).toBe(200)
    expect((await get(`${served.url}/containers/1`)).status).toBe(200)
    // The oldest have gone for the newest.
    await Promise.all(idle.slice(0, 200 - 64).map(({ closed }) => closed))
  })

  async function withPage(options: Partial<PageOptions>, use: (url: string) => Promise<void>): Promise<void> {
    const next = new AbortController()
    const page = await servePage({ watcher, sampler: { sample: async () => new Map() }, signal: next.signal, ...options })
    try {
      await use(page.url)
    } finally {
      next.abort()
      await page.closed
    }
  }

  it('closes a connection that never shows the token, silent or dripping', async () => {
    await withPage({ guests: { strangerMs: 20 } }, async (url) => {
      await closing(url, '').closed
      await closing(url, 'GET / HTTP/1.1\r\nX: ').closed
    })
  })

  it('closes a connection whose next request never ends, also when the token was shown on it', async () => {
    await withPage({ times: { requestMs: 30 } }, async (url) => {
      const { host, pathname } = new URL(url)
      await closing(url, `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\nGET ${pathname} HTTP/1.1\r\nX: `).closed
    })
  })

  it('has so many connections for those with the token, and says so to the next one', async () => {
    await withPage({ guests: { known: 1 }, intervalMs: 5 }, async (url) => {
      const agent = new Agent({ keepAlive: true })
      const first = await new Promise<number | undefined>((resolve, reject) => {
        request(url, { agent }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
          .on('error', reject)
          .end()
      })
      expect([first, (await get(url)).status]).toEqual([200, 503])
      agent.destroy()
    })
  })

  it('one request that fails ends that request, and says why; all others are answered', async () => {
    let isBroken = false
    class OddEngine extends ScriptedEngine {
      override async list(options?: { signal?: AbortSignal }): Promise<Container[]> {
        return (await super.list(options)).map((one) => (one.id === 'odd' ? { ...one, labels: trap(one.labels) } : one))
      }
    }
    const trap = (labels: Container['labels']): Container['labels'] =>
      new Proxy(labels, {
        ownKeys: (target) => {
          if (isBroken) throw new Error('labels cannot be read')
          return Reflect.ownKeys(target)
        },
      })
    const odd = new OddEngine()
    odd.start('odd')
    odd.start('fine')
    const failures: unknown[] = []
    const next = new AbortController()
    await using others = watchAll({ engines: [odd] })
    await others.ready()
    const sampler = { sample: async () => new Map() }
    const page = await servePage({ watcher: others, sampler, signal: next.signal, failed: (error) => failures.push(error) })
    isBroken = true
    const answers = await Promise.all([1, 2].map((n) => get(`${page.url}/containers/${n}`)))
    expect(answers.map(({ status }) => status)).toEqual([500, 200])
    expect(answers[0]?.headers['content-security-policy']).toContain("default-src 'none'")
    expect(failures).toEqual([new Error('labels cannot be read')])
    expect((await get(page.url)).status).toBe(200)
    next.abort()
    await page.closed
  })

  it('does not begin when it was aborted before', async () => {
    const reason = new Error('not wanted')
    const sampler = { sample: async () => new Map() }
    await expect(servePage({ watcher, sampler, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('says that a port is taken, and how to go on', async () => {
    const port = Number(new URL(served.url).port)
    await expect(servePage({ watcher, sampler: { sample: async () => new Map() }, port, signal: abort.signal })).rejects.toMatchObject({
      code: 'ERR_TEU_SYSTEM',
      errno: 'EADDRINUSE',
      syscall: 'listen',
      remedy: 'name another port with --port, or none',
    })
  })
})
