import { request } from 'node:http'
import { openEngine, watchAll } from '@teu/watch'
import { beforeEach, describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../../../../watch/src/testing/scripted-engine.ts'
import type { Io } from '../../cli/io.ts'
import { runTeu } from '../../human/main.ts'
import { FakeConsole } from '../../testing/fake-console.ts'
import { fakeIo } from '../../testing/fake-io.ts'

/** The status of an answer, or why there is none. */
const ask = (url: string): Promise<number | string | undefined> =>
  new Promise((resolve) => {
    request(url, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      .end()
  })

describe('teu watch --web', () => {
  let console: FakeConsole
  let engine: ScriptedEngine
  let samplers: number

  beforeEach(() => {
    console = new FakeConsole()
    engine = new ScriptedEngine()
    samplers = 0
  })

  function start(args: readonly string[], more: Partial<Io> = {}): { io: ReturnType<typeof fakeIo>; ended: Promise<number> } {
    const io = fakeIo(['watch', ...args], more)
    const none = async (): Promise<never> => Promise.reject(new Error('is not wanted here'))
    const door = {
      openEngine,
      types: ['docker.com', 'podman.io'],
      watchAll: () => watchAll({ engines: [engine] }),
      sampler: () => {
        samplers++
        return { sample: async () => new Map(), [Symbol.dispose]: () => void samplers-- }
      },
    }
    const ended = runTeu(io, { run: none, explain: none }, { connector: none, console: async () => console, watching: async () => door })
    return { io, ended }
  }

  const printed = async (io: ReturnType<typeof fakeIo>): Promise<string> => {
    while (!io.written.out.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 1))
    return io.written.out.trim()
  }

  it('prints the address alone, and serves it until a signal', async () => {
    const { io, ended } = start(['--web'])
    const url = await printed(io)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/)
    expect(io.written.err).toBe('teu: whoever has this address can see the containers while this runs; Ctrl-C ends it\n')
    expect(await ask(url)).toBe(200)
    console.send('SIGTERM')
    expect(await ended).toBe(143)
    expect(io.written.out.trim()).toBe(url)
    expect([await ask(url), samplers, engine.connections, engine.disposed]).toEqual(['ECONNREFUSED', 0, 0, 1])
  })

  it('ends with nobody left to read the address', async () => {
    let url = ''
    const out = (text: string): void => {
      url = text.trim()
      throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' })
    }
    const { ended } = start(['--web'], { out })
    expect(await ended).toBe(0)
    expect([await ask(url), samplers, engine.disposed]).toEqual(['ECONNREFUSED', 0, 1])
  })

  it('fails when the port is taken', async () => {
    const first = start(['--web'])
    const { port } = new URL(await printed(first.io))
    const second = start(['--web', '--port', port])
    expect(await second.ended).toBe(125)
    expect(second.io.written.err).toBe(
      `teu: Cannot serve the page on 127.0.0.1:${port}: listen failed with EADDRINUSE\n  name another port with --port, or none\n`,
    )
    console.send('SIGINT')
    expect(await first.ended).toBe(0)
  })
})
