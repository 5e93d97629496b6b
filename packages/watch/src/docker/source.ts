/** How Docker is found. */

import type { Source } from '../source.ts'
import { EngineApi } from '../rest/engine-api.ts'
import { DOCKER_SOCKET, DOCKER_TYPE, DockerEngine } from './docker-engine.ts'

export const DOCKER: Source = {
  type: DOCKER_TYPE,
  sockets: [DOCKER_SOCKET],
  userSockets: ['docker.sock'],
  socketName: /^docker.*\.sock$/,
  processes: ['dockerd'],
  open: (address, options) => new DockerEngine(address, options),
  answers: async (address, options) => {
    await using api = new EngineApi(address)
    try {
      return (await api.ping(options)).libpodVersion === undefined
    } catch {
      return false
    }
  },
}
