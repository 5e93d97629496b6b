/** How containerd is found. */

import type { Source } from '../source.ts'
import { ContainerdApi } from './containerd-api.ts'
import { CONTAINERD_SOCKET, CONTAINERD_TYPE, ContainerdEngine } from './containerd-engine.ts'

/** Whoever listens at a socket that was found has so much time to say what it is: some of them speak other protocols. */
const ANSWER_MS = 2_000

export const CONTAINERD: Source = {
  type: CONTAINERD_TYPE,
  sockets: [
    CONTAINERD_SOCKET,
    '/run/docker/containerd/containerd.sock',
    '/run/k3s/containerd/containerd.sock',
    '/var/snap/microk8s/common/run/containerd.sock',
  ],
  userSockets: ['containerd/containerd.sock'],
  // No more than this: a containerd also has sockets for debugging and for its shims (containerd-debug.sock, containerd.sock.ttrpc), and
  // its plugins are called containerd-something, too.
  socketName: /^containerd\.sock$/,
  processes: ['containerd'],
  open: (address, options) => new ContainerdEngine(address, options),
  answers: async (address, { signal } = {}) => {
    const api = new ContainerdApi(address)
    try {
      // Servers of CRI alone have no namespaces.
      await (await api.services()).namespaces.list({}, { signal, timeoutMs: ANSWER_MS })
      return true
    } catch {
      return false
    } finally {
      api[Symbol.dispose]()
    }
  },
}
