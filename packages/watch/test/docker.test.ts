/** The watcher with Docker. */

import { DockerDaemon } from './support/docker-daemon.ts'
import { engineSuite } from './support/engine-suite.ts'

engineSuite({
  name: 'dockerd',
  programs: ['dockerd', 'containerd'],
  make: (lab) => new DockerDaemon(lab),
  tellsStart: true,
})
