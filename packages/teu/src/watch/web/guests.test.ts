import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Guests } from './guests.ts'

/** A socket that only knows whether it is closed. */
class FakeSocket extends EventEmitter {
  destroyed = false
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

describe('Guests', () => {
  let guests: Guests
  const connect = (): FakeSocket => {
    const socket = new FakeSocket()
    guests.arrived(socket as unknown as Socket)
    return socket
  }
  const admit = (socket: FakeSocket): boolean => guests.admitted(socket as unknown as Socket)
  const closed = (...sockets: FakeSocket[]): boolean[] => sockets.map(({ destroyed }) => destroyed)

  beforeEach(() => {
    vi.useFakeTimers()
    guests = new Guests({ strangers: 2, strangerMs: 5_000, known: 2 })
  })

  afterEach(() => vi.useRealTimers())

  it('closes what has not shown the token in time, and nothing else', () => {
    const [idle, owner] = [connect(), connect()]
    expect(admit(owner)).toBe(true)
    vi.advanceTimersByTime(4_999)
    expect(closed(idle, owner)).toEqual([false, false])
    vi.advanceTimersByTime(1)
    expect(closed(idle, owner)).toEqual([true, false])
    expect(guests.count).toBe(1)
  })

  it('gives the place of the oldest stranger to a new one', () => {
    const [first, second, third] = [connect(), connect(), connect()]
    expect(closed(first, second, third)).toEqual([true, false, false])
    expect(guests.count).toBe(2)
  })

  it('strangers take no place of those who have the token', () => {
    const owner = connect()
    admit(owner)
    for (let n = 0; n < 100; n++) connect()
    expect(owner.destroyed).toBe(false)
    expect(guests.count).toBe(3)
    expect(admit(connect())).toBe(true)
  })

  it('has so many places for those who have the token, each once, and again when one leaves', () => {
    const sockets = [connect(), connect()]
    for (const socket of [...sockets, ...sockets]) expect(admit(socket)).toBe(true)
    const late = connect()
    expect(admit(late)).toBe(false)
    sockets[0]?.destroy()
    expect(admit(late)).toBe(true)
  })

  it('keeps no timer and no socket of those who have left', () => {
    for (const socket of [connect(), connect()]) socket.destroy()
    expect([guests.count, vi.getTimerCount()]).toEqual([0, 0])
  })

  it('knows a connection that it was not told of from its first request on', () => {
    const socket = new FakeSocket()
    expect(admit(socket)).toBe(true)
    expect(guests.count).toBe(1)
    socket.destroy()
    expect(guests.count).toBe(0)
  })
})
