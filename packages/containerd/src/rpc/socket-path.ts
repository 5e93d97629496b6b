/** Addresses of Unix sockets. */

import { TeuError } from '@teu/spec'

/** What the kernel's `sun_path` takes besides the NUL at its end; what is longer would be cut off and name another socket. */
const MOST_BYTES = 107

/** The file of a socket address, for messages. */
export function socketPath(address: string): string {
  return address.replace(/^unix:(\/\/)?/, '')
}

/** The file of a socket address, to connect to. Anything but an absolute path is refused: the gRPC library would take its first part for a
 *  host, drop it, and connect to what the rest names.
 *  @param address  `unix:///run/containerd/containerd.sock`, or the path itself
 *  @throws {TeuError} ERR_TEU_USAGE */
export function usableSocketPath(address: string): string {
  const path = socketPath(address)
  if (!path.startsWith('/') || path.includes('\0')) throw unusable(address, 'it is no absolute path of a socket')
  if (Buffer.byteLength(path) > MOST_BYTES) throw unusable(address, `the path of a socket has at most ${MOST_BYTES} bytes`)
  return path
}

function unusable(address: string, why: string): TeuError {
  return new TeuError('ERR_TEU_USAGE', `Cannot use the address ${JSON.stringify(address)}: ${why}`, {
    operation: 'connect',
    remedy: 'Give one as unix:///run/containerd/containerd.sock',
  })
}
