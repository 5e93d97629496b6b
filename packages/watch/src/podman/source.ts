/** How Podman is found. */

import { answersInTime } from '../discovery/answers-in-time.ts'
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
  answers: (address, options) =>
    answersInTime(async (limited) => {
      using api = new EngineApi(address)
      return (await api.ping(limited)).libpodVersion !== undefined
    }, options),
}
