/** Sentences for descriptors and host files. */

import type { StepName } from '@teu/init'
import type { Descriptions } from './description.ts'
import { quoted, textOf } from './printable.ts'

type FileSteps = Extract<
  StepName,
  | 'open'
  | 'close'
  | 'close_others'
  | 'write_file'
  | 'write_child'
  | 'write_child_pid'
  | 'record_init'
  | 'pid_file'
  | 'mkdir_all'
  | 'make_cgroup'
  | 'mkfifo'
  | 'unlink'
  | 'rmdir'
  | 'verify_device'
  | 'open_pidfd'
  | 'connect'
  | 'send_fd'
  | 'send_pidfd'
  | 'adopt'
  | 'give'
  | 'own'
>

export const FILES: Descriptions<FileSteps> = {
  open: {
    calls: ['open'],
    text: ({ path }) => `Open ${quoted(path)}`,
    fills: ({ slot, path }) => [[slot, quoted(path)]],
  },
  close: { calls: ['close'], text: ({ slot }, { slot: name }) => `Close ${name(slot)}` },
  close_others: {
    calls: ['close_range'],
    text: ({ keep }, { slot }) => `Close every descriptor above 2${keep.length === 0 ? '' : ` except ${keep.map(slot).join(', ')}`}`,
  },
  write_file: {
    calls: ['openat2', 'write'],
    text: ({ dir, path, data }, { slot }) => `Write ${content(data)} to ${dir < 0 ? quoted(path) : `${quoted(path)} beneath ${slot(dir)}`}`,
  },
  write_child: {
    calls: ['openat2', 'write'],
    text: ({ file, data }) => `Write ${content(data)} to /proc/PID/${quoted(file)} of the container process`,
  },
  write_child_pid: { calls: ['open', 'write'], text: ({ path }) => `Move the container process into a group by ${quoted(path)}` },
  record_init: {
    calls: ['open', 'write', 'rename'],
    text: ({ path }) => `Record pid and start time of the container process in ${quoted(path)}`,
  },
  pid_file: { calls: ['open', 'write', 'rename'], text: ({ path }) => `Write the pid file ${quoted(path)}` },
  mkdir_all: { calls: ['mkdir'], text: ({ path, mode }) => `Make the directory ${quoted(path)}, mode ${octal(mode)}` },
  make_cgroup: {
    calls: ['mkdir', 'write'],
    text: ({ path, controllers }) =>
      `Make the cgroup ${quoted(path)}${controllers.length === 0 ? '' : ` with the controllers ${controllers.join(', ')}`}`,
  },
  mkfifo: { calls: ['mkfifo', 'chown'], text: ({ path, mode }) => `Make the FIFO ${quoted(path)}, mode ${octal(mode)}` },
  unlink: { calls: ['unlink'], text: ({ path }) => `Remove the file ${quoted(path)}` },
  rmdir: { calls: ['rmdir'], text: ({ path }) => `Remove the directory ${quoted(path)}` },
  verify_device: {
    calls: ['fstat'],
    text: ({ slot, kind, major, minor }, { slot: name }) =>
      `Check that ${name(slot)} is the ${kind === 98 ? 'block' : 'character'} device ${major}:${minor}`,
  },
  open_pidfd: {
    calls: ['pidfd_open'],
    text: ({ pid, startTime }) => `Open process ${pid}, if it is still the one that started at tick ${startTime}`,
    fills: ({ slot, pid }) => [[slot, `process ${pid}`]],
  },
  connect: {
    calls: ['socket', 'connect'],
    text: ({ path }) => `Connect to the socket ${quoted(path)}`,
    fills: ({ slot, path }) => [[slot, `the socket ${quoted(path)}`]],
  },
  send_fd: { calls: ['sendmsg'], text: ({ socket, fd }, { slot }) => `Send ${slot(fd)} over ${slot(socket)}` },
  send_pidfd: { calls: ['sendmsg'], text: ({ socket }, { slot }) => `Send a pidfd of the container process over ${slot(socket)}` },
  adopt: {
    calls: ['fcntl'],
    text: ({ fd }) => `Take over descriptor ${fd} of the caller`,
    fills: ({ slot, fd }) => [[slot, `descriptor ${fd} of the caller`]],
  },
  give: { calls: ['sendmsg'], text: ({ slot }, { slot: name }) => `Hand ${name(slot)} to the parent` },
  own: {
    calls: ['fchown'],
    text: ({ slot, uid, gid }, { slot: name }) =>
      `Give ${name(slot)} to ${[uid === 0xffffffff ? '' : `uid ${uid}`, gid === 0xffffffff ? '' : `gid ${gid}`].filter(Boolean).join(', ')}`,
  },
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

/** Short text as it is, anything else by its size. */
function content(data: Uint8Array): string {
  const text = data.length <= 200 ? textOf(data) : undefined
  return text === undefined ? `${data.length} bytes` : quoted(text)
}
