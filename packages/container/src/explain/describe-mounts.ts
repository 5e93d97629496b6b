/** Sentences for mounts and what is in the root. */

import type { StepName } from '@teu/init'
import type { Descriptions } from './description.ts'
import { mountAttributes, propagationWord } from './flag-names.ts'
import { quoted, quotedList } from './printable.ts'

type MountSteps = Extract<
  StepName,
  | 'set_propagation'
  | 'new_mount'
  | 'open_tree'
  | 'mount_attr'
  | 'attach_root'
  | 'attach'
  | 'mask'
  | 'readonly_path'
  | 'mknod'
  | 'symlink'
  | 'copy_up'
  | 'copy_mode'
  | 'pivot_root'
  | 'change_root'
  | 'mkdir_in_root'
  | 'make_userns'
>

const KINDS: Readonly<Record<number, string>> = { 98: 'block device', 99: 'character device', 112: 'FIFO', 117: 'character device' }

export const MOUNTS: Descriptions<MountSteps> = {
  set_propagation: {
    calls: ['mount_setattr'],
    text: ({ root, propagation, recursive }, { slot }) =>
      `Make ${root < 0 ? 'all mounts of this namespace' : slot(root)} ${propagationWord(propagation, recursive)}`,
  },
  new_mount: {
    calls: ['fsopen', 'fsconfig', 'fsmount'],
    text: ({ type, options, attrs }) => {
      const words = [mountAttributes(attrs), quotedList(options)].filter((part) => part !== '').join(' ')
      return `Make a new ${quoted(type)} file system${words === '' ? '' : ` (${words})`}`
    },
    fills: ({ slot, type }) => [[slot, `the new ${quoted(type)}`]],
  },
  open_tree: {
    calls: ['open_tree'],
    text: ({ root, path, recursive }, { slot }) =>
      `Clone the mount at ${quoted(path)}${root < 0 ? '' : ` in ${slot(root)}`}${recursive ? ' with everything below it' : ''}`,
    fills: ({ slot, path }) => [[slot, `the clone of ${quoted(path)}`]],
  },
  mount_attr: {
    calls: ['mount_setattr'],
    text: ({ slot, set, clear, propagation, recursive, userns }, { slot: name }) => {
      const words = [
        mountAttributes(set, clear),
        propagation === 0 ? '' : propagationWord(propagation, recursive),
        userns < 0 ? '' : `with ids mapped by ${name(userns)}`,
      ]
      return `Make ${name(slot)}${recursive ? ' and everything below it' : ''} ${words.filter((word) => word !== '').join(' ')}`
    },
  },
  attach_root: {
    calls: ['move_mount'],
    text: ({ mount, path }, { slot }) => `Attach ${slot(mount)} ${path === '' ? 'over "/" of this mount namespace' : `on ${quoted(path)}`}`,
  },
  attach: {
    calls: ['openat2', 'move_mount'],
    text: ({ mount, root, path, create, noSymlinks }, { slot }) =>
      `Attach ${slot(mount)} on ${quoted(path)} in ${slot(root)}${CREATE[create] ?? ''}${noSymlinks ? ', over no link' : ''}`,
  },
  mask: { calls: ['openat2', 'open_tree', 'move_mount'], text: ({ path }) => `Hide ${quoted(path)}` },
  readonly_path: { calls: ['openat2', 'open_tree', 'mount_setattr', 'move_mount'], text: ({ path }) => `Make ${quoted(path)} read-only` },
  mknod: {
    calls: ['openat2', 'mknodat', 'fchownat'],
    text: ({ path, kind, major, minor, mode }) =>
      `Make the ${KINDS[kind] ?? 'node'} ${quoted(path)}${kind === 112 ? '' : ` ${major}:${minor}`}, mode ${mode.toString(8).padStart(4, '0')}`,
  },
  symlink: { calls: ['openat2', 'symlinkat'], text: ({ path, target }) => `Make the link ${quoted(path)} to ${quoted(target)}` },
  copy_up: {
    calls: ['openat2', 'getdents64', 'copy_file_range'],
    text: ({ mount, path, maxBytes }, { slot }) => `Copy what is in ${quoted(path)} into ${slot(mount)}, ${maxBytes} bytes at most`,
  },
  copy_mode: {
    calls: ['openat2', 'fchmod'],
    text: ({ mount, path }, { slot }) => `Give ${slot(mount)} the mode of the directory ${quoted(path)}`,
  },
  pivot_root: { calls: ['pivot_root', 'umount2'], text: ({ root }, { slot }) => `Make ${slot(root)} the root and drop the host's` },
  change_root: { calls: ['chroot'], text: ({ root }, { slot }) => `Make ${slot(root)} the root (without pivot_root)` },
  mkdir_in_root: { calls: ['openat2', 'mkdirat'], text: ({ path }) => `Make the directory ${quoted(path)} if it is missing` },
  make_userns: {
    calls: ['clone3', 'write'],
    text: () => 'Make a user namespace that carries the id map of a mount',
    fills: ({ slot }) => [[slot, 'a user namespace for mounts']],
  },
}

const CREATE: Readonly<Record<number, string>> = {
  1: ' (a directory, made if missing)',
  2: ' (a file, made if missing)',
  3: ' (made if missing)',
}
