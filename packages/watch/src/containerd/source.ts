/** How containerd is found. */

import { socketPath } from '../address/engine-address.ts'
import { withSocketPath } from '../discovery/foreign-socket.ts'
import type { Source } from '../source.ts'
import { CONTAINERD_SOCKET, CONTAINERD_TYPE, ContainerdEngine } from './containerd-engine.ts'
import { answersAsContainerd } from './probe.ts'

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
  otherSockets: /\.ttrpc$|debug/,
  processes: ['containerd'],
  open: (address, options) => new ContainerdEngine(address, options),
  answers: (address, { signal } = {}) =>
    withSocketPath(socketPath(address), (path) => answersAsContainerd(path, signal)).catch(() => false),
}
