/** The sockets of the gRPC library's connections. It keeps them a moment after it was told to give them up, or longer when nothing comes
 *  back, and does not say when they are gone. */

import type { ChannelCredentials } from '@grpc/grpc-js'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** So long it takes at most until a connection to a Unix socket that is just being made is one, or none. */
const TURNS_TO_CONNECT = 2

/** See the head of this file. */
export class KnownSockets {
  readonly #sockets = new Set<Socket>()
  #isClosed = false

  /** Makes known what is opened with these credentials, which are of one client alone. */
  of(credentials: ChannelCredentials): ChannelCredentials {
    const createConnector = credentials._createSecureConnector.bind(credentials)
    credentials._createSecureConnector = (...args) => {
      const connector = createConnector(...args)
      return { ...connector, connect: (socket) => this.#connect(socket, () => connector.connect(socket)) }
    }
    return credentials
  }

  /** Closes those that are open. Resolves when none is left; none is opened after that. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (let turn = 0; turn < TURNS_TO_CONNECT; turn++) await nextTurn()
    await Promise.all([...this.#sockets].map(destroyed))
  }

  #connect<T>(socket: Socket, connect: () => Promise<T>): Promise<T> {
    if (!socket.destroyed) {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    }
    // The library destroys the socket then.
    return this.#isClosed ? Promise.reject(new Error('The connection is closed')) : connect()
  }
}

function destroyed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}
