/** How Docker is found. */

import { answersInTime } from '../discovery/answers-in-time.ts'
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
  answers: (address, options) =>
    answersInTime(async (limited) => {
      using api = new EngineApi(address)
      return (await api.ping(limited)).libpodVersion === undefined
    }, options),
}
