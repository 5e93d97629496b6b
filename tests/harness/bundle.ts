/** Bundles on the fly: a small root file system of a static busybox and the probe, and a config.json. */

import { copyFileSync, lchownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './base-config.ts'
import { probeBinary } from './native.ts'
import { which } from './requirements.ts'

const APPLETS =
  'cat chmod chown echo env false hostname id kill ln ls mkdir mount mv ps pwd rm sh sleep stat stty test touch true umount wc'

/** A directory with config.json and rootfs. */
export interface Bundle {
  readonly dir: string
  readonly rootfs: string
  readonly config: Config
}

/** Makes a root file system: /bin/busybox with its applets, /probe, users, and the usual empty directories. */
export function makeRootfs(rootfs: string): void {
  for (const dir of ['bin', 'dev', 'etc', 'home/user', 'proc', 'root', 'sys', 'usr/bin', 'var'])
    mkdirSync(join(rootfs, dir), { recursive: true })
  mkdirSync(join(rootfs, 'tmp'), { mode: 0o1777 })
  copyFileSync(which('busybox') ?? '/bin/busybox', join(rootfs, 'bin/busybox'))
  for (const applet of APPLETS.split(' ')) symlinkSync('busybox', join(rootfs, 'bin', applet))
  copyFileSync(probeBinary(), join(rootfs, 'probe'))
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n')
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\ntty:x:5:\nuser:x:1000:\n')
}

/** Writes the config of a bundle, after a change for example. */
export function writeConfig(bundle: Bundle): void {
  writeFileSync(join(bundle.dir, 'config.json'), JSON.stringify(bundle.config, undefined, '\t'))
}

/** Makes a bundle in a new directory. */
export function makeBundle(dir: string, config: Config): Bundle {
  const bundle = { dir, rootfs: join(dir, 'rootfs'), config }
  mkdirSync(bundle.rootfs, { recursive: true })
  makeRootfs(bundle.rootfs)
  writeConfig(bundle)
  return bundle
}

/** Gives a directory and everything below it to another owner, for containers with a user namespace. */
export function giveTree(dir: string, uid: number, gid: number): void {
  lchownSync(dir, uid, gid)
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) giveTree(path, uid, gid)
    else lchownSync(path, uid, gid)
  }
}
