/** The server behind `teu watch --web`, as a process of Node and of Bun. */

import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Child } from '../../../../tests/harness/child.ts'
import { home } from '../../../../tests/harness/native.ts'
import { eventually } from '../../../../tests/harness/wait.ts'

const BUN = join(home, 'node_modules/@oven/bun-linux-x64/bin/bun')
const ENGINES: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['Node', [process.execPath, '--conditions=@teu/source', '--import', 'tsx']],
  ...(existsSync(BUN) ? [['Bun', [BUN, '--conditions=@teu/source']] as const] : []),
]

interface Served extends AsyncDisposable {
  readonly child: Child
  readonly url: URL
}

async function serve(command: readonly string[], ...args: readonly string[]): Promise<Served> {
  const child = new Child([...command, join(home, 'packages/teu/test/watch/serve-scripted.ts'), ...args], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = new URL(await child.stdout.waitFor((line) => line.startsWith('http://'), 60_000))
  return { child, url, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() }
}

function statusOf(url: URL | string, headers: Record<string, string> = {}, method = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, (answer) => {
      answer.resume().on('error', () => undefined)
      answer.once('end', () => resolve(answer.statusCode))
    })
      .on('error', reject)
      .end()
  })
}

/** A connection on which the events were asked for; nothing is read yet. */
function eventsSocket(url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(url.port), host: '127.0.0.1' }, () => {
      socket.write(`GET ${url.pathname}/events HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
      resolve(socket)
    })
    socket.pause().on('error', reject)
  })
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024

for (const [name, command] of ENGINES) {
  it(`lets in who has the token, and nobody else, on ${name}`, async () => {
    await using served = await serve(command)
    const { url } = served
    expect(await Promise.all([statusOf(url), statusOf(`${url.href}/containers/1`), statusOf(`${url.href}/containers/9`)])).toEqual([
      200, 200, 404,
    ])
    const refused = [
      statusOf(url.origin),
      statusOf(`${url.origin}/events`),
      statusOf(`${url.href.slice(0, -1)}/events`),
      statusOf(url, { host: 'evil.example' }),
      statusOf(url, { origin: 'http://evil.example' }),
      statusOf(url, { 'sec-fetch-site': 'cross-site' }),
      statusOf(url, {}, 'POST'),
    ]
    expect(await Promise.all(refused)).toEqual([403, 403, 403, 421, 403, 403, 405])
    // Of all addresses of the machine it is only on this one.
    const listening = readFileSync('/proc/net/tcp', 'utf8') + readFileSync('/proc/net/tcp6', 'utf8')
    const port = Number(url.port).toString(16).toUpperCase().padStart(4, '0')
    expect([...listening.matchAll(new RegExp(`: (\\w+):${port} 0+:0000 0A`, 'g'))].map(([, address]) => address)).toEqual(['0100007F'])
  })

  it(`ends who does not read, with little memory, while others read on, on ${name}`, async () => {
    // 3 MB a second for each reader.
    await using served = await serve(command, '2000', '20')
    const { child, url } = served
    const [slow, quick] = [await eventsSocket(url), await eventsSocket(url)]
    let count = 0
    quick.on('data', (bytes: Buffer) => (count += bytes.length)).resume()
    await eventually('the quick one reads', () => count > 2_000_000 || undefined, 30_000)
    const before = residentBytes(child.pid)
    // The server gives up on the slow one after a second in which nothing could be sent.
    await delay(2_500)
    expect(residentBytes(child.pid) - before).toBeLessThan(100 * 2 ** 20)
    const read = count
    await eventually('the quick one reads on', () => count > read || undefined)
    const ended = new Promise((resolve) => slow.once('close', resolve))
    slow.removeAllListeners('error').on('error', () => undefined)
    slow.resume()
    await ended
    quick.destroy()
  })

  it(`ends what is open with the signal, on ${name}`, async () => {
    await using served = await serve(command)
    const { child, url } = served
    // Bun's server does not know of connections on which nothing was asked.
    const idle = name === 'Bun' ? [] : [connect({ port: Number(url.port), host: '127.0.0.1' })]
    const sockets = [await eventsSocket(url), ...idle]
    const ended = sockets.map(
      (socket) =>
        new Promise((resolve) => {
          socket.removeAllListeners('error').on('error', () => undefined)
          socket.once('close', resolve)
          socket.resume()
        }),
    )
    await new Promise((resolve) => sockets[0]?.once('data', resolve))
    child.process.kill('SIGTERM')
    await Promise.all(ended)
    expect(await child.ended).toEqual({ code: 0, signal: null })
    expect(child.stdout.text).toContain('closed')
    expect(child.stderr.text).toBe('')
  })
}
