/** The watcher with Podman. */

import { PodmanDaemon } from './support/podman-daemon.ts'
import { engineSuite } from './support/engine-suite.ts'

engineSuite({
  name: 'podman',
  programs: ['podman', 'conmon'],
  make: (lab) => new PodmanDaemon(lab),
  many: Number(process.env['TEU_WATCH_LIVE'] ?? 12),
  live: Number(process.env['TEU_WATCH_LIVE'] ?? 12),
})
