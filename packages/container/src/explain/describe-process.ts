/** Sentences for the process and its confinement. */

import type { StepName } from '@teu/init'
import type { Descriptions } from './description.ts'
import { capabilities, limitText, namespaceTypes, rlimitName } from './flag-names.ts'
import { environmentEntry, quoted, quotedList } from './printable.ts'

type ProcessSteps = Extract<
  StepName,
  | 'hostname'
  | 'domainname'
  | 'link_up'
  | 'session_keyring'
  | 'setsid'
  | 'open_pty'
  | 'bind_console'
  | 'controlling_tty'
  | 'stdio'
  | 'stdio_owner'
  | 'umask'
  | 'no_new_privs'
  | 'bounding_caps'
  | 'user'
  | 'capabilities'
  | 'seccomp'
  | 'seccomp_notify'
  | 'scheduler'
  | 'io_priority'
  | 'cpu_affinity'
  | 'memory_policy'
  | 'personality'
  | 'lsm_label'
  | 'chdir'
  | 'find_program'
  | 'home'
  | 'gate'
  | 'outlive_parent'
  | 'dumpable'
  | 'exec'
  | 'rlimit'
  | 'setns'
  | 'unshare'
>

const STREAMS: readonly string[] = ['standard input', 'standard output', 'standard error']

export const PROCESS: Descriptions<ProcessSteps> = {
  hostname: { calls: ['sethostname'], text: ({ name }) => `Set the host name ${quoted(name)}` },
  domainname: { calls: ['setdomainname'], text: ({ name }) => `Set the domain name ${quoted(name)}` },
  link_up: { calls: ['socket', 'ioctl'], text: ({ name }) => `Bring the network interface ${quoted(name)} up` },
  session_keyring: { calls: ['keyctl'], text: ({ name }) => `Join the session keyring ${quoted(name)}` },
  setsid: { calls: ['setsid'], text: () => 'Begin a new session' },
  open_pty: {
    calls: ['openat2', 'fstatfs', 'ioctl'],
    text: ({ ptmx }) => `Make a terminal from ${quoted(ptmx)}, after checking that it is one`,
    fills: ({ master, peer }) => [
      [master, 'the terminal (master)'],
      [peer, 'the terminal'],
    ],
  },
  bind_console: { calls: ['open_tree', 'openat2', 'move_mount'], text: ({ path }) => `Bind the terminal on ${quoted(path)}` },
  controlling_tty: { calls: ['ioctl'], text: () => 'Make the terminal the controlling one' },
  stdio: { calls: ['dup3'], text: ({ fd, slot }, { slot: name }) => `Make ${name(slot)} the ${STREAMS[fd] ?? `descriptor ${fd}`}` },
  stdio_owner: { calls: ['fstat', 'fchown'], text: ({ uid }) => `Give the standard streams to uid ${uid} (devices stay)` },
  umask: { calls: ['umask'], text: ({ mask }) => `Set the umask ${mask.toString(8).padStart(4, '0')}` },
  no_new_privs: { calls: ['prctl'], text: () => 'Forbid gaining privileges by execve' },
  bounding_caps: { calls: ['prctl'], text: ({ keep }) => `Limit capabilities for ever to: ${capabilities(keep)}` },
  user: {
    calls: ['setgroups', 'setresgid', 'setresuid'],
    text: ({ uid, gid, groups, setGroups }) =>
      `Become uid ${uid}, gid ${gid}${setGroups ? `, groups ${groups.length === 0 ? 'none' : groups.slice(0, 20).join(' ')}` : ''}`,
  },
  capabilities: {
    calls: ['capset', 'prctl'],
    text: ({ effective, permitted, inheritable, ambient }) =>
      `Set capabilities: effective ${capabilities(effective)}; permitted ${capabilities(permitted)}; ` +
      `inheritable ${capabilities(inheritable)}; ambient ${capabilities(ambient)}`,
  },
  seccomp: { calls: ['seccomp'], text: ({ program }) => `Install the system call filter (${program.length / 8} instructions)` },
  seccomp_notify: { calls: ['sendmsg'], text: ({ socket }, { slot }) => `Send the filter's notification descriptor over ${slot(socket)}` },
  scheduler: {
    calls: ['sched_setattr'],
    text: ({ policy, nice, priority }) => `Set scheduling policy ${policy}, nice ${nice}, priority ${priority}`,
  },
  io_priority: { calls: ['ioprio_set'], text: ({ priority }) => `Set I/O priority class ${priority >> 13}, level ${priority & 0x1fff}` },
  cpu_affinity: { calls: ['sched_setaffinity'], text: ({ mask }) => `Run on CPUs ${bits(mask)} only` },
  memory_policy: {
    calls: ['set_mempolicy'],
    text: ({ mode, nodes }) => `Set memory policy ${mode & 0x1fff} on nodes ${bits(nodes) || 'none'}`,
  },
  personality: { calls: ['personality'], text: ({ persona }) => `Set personality 0x${persona.toString(16)}` },
  lsm_label: {
    calls: ['openat2', 'write'],
    text: ({ file, label }) => `Write the label ${quoted(label)} to attr/${quoted(file)} of this process, on a private procfs`,
  },
  chdir: { calls: ['openat2', 'fchdir', 'getcwd'], text: ({ path }) => `Change to the directory ${quoted(path)}` },
  find_program: { calls: ['faccessat2'], text: ({ candidates }) => `Find the program: ${quotedList(candidates)}` },
  home: { calls: ['openat2', 'read'], text: ({ uid }) => `Look up HOME of uid ${uid} in the container's /etc/passwd` },
  gate: { calls: ['poll', 'read'], text: () => 'Wait at the gate until the container is started' },
  outlive_parent: { calls: ['prctl'], text: () => 'Stay alive when the creator ends' },
  dumpable: { calls: ['prctl'], text: ({ on }) => `Let${on ? '' : ' no longer'} the parent write to this process's files in /proc` },
  exec: {
    calls: ['close_range', 'execve'],
    text: ({ args, env, fds }, { showEnv }) =>
      `Execute ${quotedList(args)} with environment ${
        quotedList(
          env.map((entry) => environmentEntry(entry, showEnv)),
          64,
        ) || 'empty'
      }` + (fds.length === 0 ? '' : ` and ${fds.length} more descriptors`),
  },
  rlimit: {
    calls: ['prlimit64'],
    text: ({ resource, soft, hard }) => `Limit ${rlimitName(resource)} to ${limitText(soft)} (hard ${limitText(hard)})`,
  },
  setns: { calls: ['setns'], text: ({ slot, flags }, { slot: name }) => `Join the ${namespaceTypes(flags)} namespace of ${name(slot)}` },
  unshare: { calls: ['unshare'], text: ({ flags }) => `Make a new ${namespaceTypes(flags)} namespace` },
}

/** Set bits of a little-endian mask as a list of ranges: `0-3,7`. */
function bits(mask: Uint8Array): string {
  const ranges: string[] = []
  let first = -1
  for (let bit = 0; bit <= mask.length * 8; bit++) {
    const isSet = bit < mask.length * 8 && ((mask[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0
    if (isSet && first < 0) first = bit
    if (!isSet && first >= 0) {
      ranges.push(first === bit - 1 ? String(first) : `${first}-${bit - 1}`)
      first = -1
    }
  }
  return ranges.join(',')
}
