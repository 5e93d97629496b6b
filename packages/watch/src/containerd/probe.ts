/** Finding out whether a containerd listens at a socket, with one call by hand. The gRPC library keeps sockets of which nothing comes back
 *  open for a while after it was told to give them up; besides, looking for engines need not load it. */

import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'

/** Whoever listens at a socket that was found has so much time to say what it is: some of them speak other protocols. */
const ANSWER_MS = 2_000

/** Servers of CRI alone have no namespaces. */
const METHOD = '/containerd.services.namespaces.v1.Namespaces/List'

/** An empty message: not compressed, length 0. @see grpc/doc/PROTOCOL-HTTP2.md */
const EMPTY_MESSAGE = Buffer.alloc(5)

/** True when a containerd answers. Never fails, and leaves no connection. */
export function answersAsContainerd(path: string, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve(false)
    const socket = connect(path)
    const session = connectHttp2('http://localhost', { createConnection: () => socket })
    const settle = (answer: boolean): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', no)
      session.destroy()
      socket.destroy()
      resolve(answer)
    }
    const no = (): void => settle(false)
    const timer = setTimeout(no, ANSWER_MS)
    signal?.addEventListener('abort', no, { once: true })
    socket.on('error', no)
    session.on('error', no).on('close', no)
    const call = session.request({ ':method': 'POST', ':path': METHOD, 'content-type': 'application/grpc', te: 'trailers' })
    const look = (headers: Readonly<Record<string, unknown>>): void => {
      const status = headers['grpc-status']
      if (status !== undefined) settle(status === '0')
      else if (':status' in headers && headers[':status'] !== constants.HTTP_STATUS_OK) settle(false)
    }
    call.on('response', look).on('trailers', look).on('error', no).on('close', no)
    call.resume()
    call.end(EMPTY_MESSAGE)
  })
}
