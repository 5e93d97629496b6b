/** containerd of Debian, with root, state and socket of the test's own. */

import { writeFileSync } from 'node:fs'
import type { Child } from '../../../../tests/harness/child.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'

/** Plugins that a daemon without CRI and without special file systems has no use for. */
const DISABLED_PLUGINS = [
  'grpc.v1.cri',
  'internal.v1.opt',
  'snapshotter.v1.btrfs',
  'snapshotter.v1.zfs',
  'snapshotter.v1.aufs',
  'snapshotter.v1.devmapper',
]

/** Starts it, and waits until it serves. */
export async function startContainerd(lab: Lab, socket: string): Promise<Child> {
  const config = lab.path('containerd.toml')
  const disabled = DISABLED_PLUGINS.map((name) => `"io.containerd.${name}"`).join(', ')
  const places = [`root = "${lab.path('ctd')}"`, `state = "${lab.path('cts')}"`]
  const lines = ['version = 2', ...places, `disabled_plugins = [${disabled}]`, '[grpc]', `address = "${socket}"`, '']
  writeFileSync(config, lines.join('\n'))
  const child = lab.spawn(['containerd', '--config', config])
  await child.stderr.waitFor((line) => line.includes('containerd successfully booted'))
  return child
}
