import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { EngineApi } from '../rest/engine-api.ts'
import { answersInTime } from './answers-in-time.ts'

it('a socket that says nothing is no engine, and its connection is closed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'teu-silent-'))
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve))
  try {
    const ask = async (options: { signal: AbortSignal }): Promise<boolean> => {
      using api = new EngineApi(join(dir, 's'))
      await api.ping(options)
      return true
    }
    expect(await answersInTime(ask, {}, 30)).toBe(false)
    expect(await answersInTime(ask, { signal: AbortSignal.abort() })).toBe(false)
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 1))
  } finally {
    await new Promise((resolve) => server.close(resolve))
    rmSync(dir, { recursive: true })
  }
})

it('yes and no are passed on, failure is no', async () => {
  expect(await answersInTime(async () => true)).toBe(true)
  expect(await answersInTime(async () => false)).toBe(false)
  expect(await answersInTime(async () => Promise.reject(new Error('gone')))).toBe(false)
})
