/** The watcher with containerd. */

import { ContainerdDaemon } from './support/containerd-daemon.ts'
import { engineSuite } from './support/engine-suite.ts'

engineSuite({
  name: 'containerd',
  programs: ['containerd', 'containerd-shim-runc-v2'],
  make: (lab) => new ContainerdDaemon(lab),
  tellsStart: false,
  many: 200,
  live: Number(process.env['TEU_WATCH_LIVE'] ?? 12),
})
