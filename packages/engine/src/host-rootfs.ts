/** The machine's own root file system as an image: what a program may see of it. */

import { existsSync } from 'node:fs'
import type { Mount } from '@teu/spec'

/** Directories that hold other people's files or the machine's state: empty in the container. */
const EMPTY: readonly (readonly [path: string, mode: string])[] = [
  ['/root', '0700'],
  ['/home', '0755'],
  ['/run', '0755'],
  ['/tmp', '1777'],
  ['/var/tmp', '1777'],
]

/** Files with secrets of the machine. Masking is by path; what does not exist is left alone. */
const SECRETS: readonly string[] = [
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/ssh',
  '/etc/ssl/private',
  '/etc/sudoers',
  '/etc/sudoers.d',
  '/etc/krb5.keytab',
  '/etc/kubernetes',
  '/etc/wireguard',
  '/etc/NetworkManager/system-connections',
  '/var/lib/kubelet',
  '/var/lib/docker',
  '/var/lib/containers',
  '/var/lib/containerd',
  '/var/lib/teu',
  '/var/log',
  '/var/spool',
  '/boot',
]

/** Mounts and masks that go over the host's root. */
export function hostRootfs(): { mounts: Mount[]; maskedPaths: string[] } {
  const mounts = EMPTY.filter(([path]) => existsSync(path)).map(
    ([destination, mode]): Mount => ({
      destination,
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'nodev', `mode=${mode}`, 'size=256m'],
    }),
  )
  return { mounts, maskedPaths: [...SECRETS] }
}
