/** How Podman is found. */

import type { Source } from '../source.ts'
import { EngineApi } from '../rest/engine-api.ts'
import { PODMAN_SOCKET, PODMAN_TYPE, PodmanEngine } from './podman-engine.ts'

export const PODMAN: Source = {
  type: PODMAN_TYPE,
  sockets: [PODMAN_SOCKET],
  userSockets: ['podman/podman.sock'],
  socketName: /^podman.*\.sock$/,
  processes: ['podman'],
  open: (address, options) => new PodmanEngine(address, options),
  answers: async (address, options) => {
    await using api = new EngineApi(address)
    try {
      return (await api.ping(options)).libpodVersion !== undefined
    } catch {
      return false
    }
  },
}
