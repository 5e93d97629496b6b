/** Sentences for clone, hooks, the parent's end, and acts on containers that exist. */

import type { StepName } from '@teu/init'
import { SYNC } from '../plan/sync.ts'
import type { Descriptions } from './description.ts'
import { namespaceTypes } from './flag-names.ts'
import { quoted, quotedList } from './printable.ts'

type LifecycleSteps = Extract<
  StepName,
  | 'clone'
  | 'signal'
  | 'wait'
  | 'map_ids_helper'
  | 'move_netdev'
  | 'hook'
  | 'detach'
  | 'supervise'
  | 'collect'
  | 'kill_cgroup'
  | 'remove_cgroup'
  | 'record_exit'
  | 'keep_file'
  | 'device_filter'
  | 'kill_process'
  | 'signal_cgroup'
  | 'freeze'
  | 'wait_process'
  | 'watch_oom'
  | 'watch_pressure'
  | 'notify_proxy'
>

const MOMENTS: Readonly<Record<number, string>> = {
  [SYNC.timeNamespace]: 'its time namespace is made',
  [SYNC.cgroups]: 'the cgroups are there',
  [SYNC.prepared]: 'ids, cgroup, limits and devices are in place',
  [SYNC.mounted]: 'the root file system is complete',
  [SYNC.runtimeHooks]: 'the host-side hooks are done',
  [SYNC.ready]: 'only the start is left',
}

export const LIFECYCLE: Descriptions<LifecycleSteps> = {
  clone: {
    calls: ['clone3'],
    text: ({ flags, cgroup }, { slot }) =>
      `Make the container process${flags === 0 ? '' : ` in new namespaces: ${namespaceTypes(flags)}`}${cgroup < 0 ? '' : `, in the cgroup ${slot(cgroup)}`}`,
  },
  signal: { calls: ['sendmsg'], text: ({ n }) => `Tell the other side: ${MOMENTS[n] ?? n}` },
  wait: { calls: ['recvmsg'], text: ({ n }) => `Wait until the other side says: ${MOMENTS[n] ?? n}` },
  map_ids_helper: { calls: ['execve'], text: ({ path, ranges }) => `Run ${quoted(path)} for the ranges ${ranges.join(' ')}` },
  move_netdev: {
    calls: ['sendto'],
    text: ({ name, newName }) =>
      `Move the network device ${quoted(name)} into the container${name === newName ? '' : ` as ${quoted(newName)}`}`,
  },
  hook: {
    calls: ['execveat', 'waitid'],
    text: ({ path, args, timeoutMs }) =>
      `Run the hook ${quoted(path)}${args.length > 1 ? ` with ${quotedList(args.slice(1))}` : ''}${timeoutMs === 0 ? '' : `, ${timeoutMs} ms at most`}`,
  },
  detach: { calls: [], text: () => 'Report and exit; the container goes on by itself' },
  supervise: {
    calls: ['waitid', 'poll'],
    text: ({ timeoutMs, bindToCaller, forwardSignals, master }) =>
      [
        'Stay until the process ends',
        ...(timeoutMs === 0 ? [] : [`end it after ${timeoutMs} ms`]),
        ...(bindToCaller ? ['end it when the caller goes away'] : []),
        ...(forwardSignals ? ['pass signals on'] : []),
        ...(master < 0 ? [] : ['relay its terminal']),
      ].join('; '),
  },
  collect: { calls: ['open', 'read'], text: ({ name, path }) => `Report ${quoted(name)} from ${quoted(path)}` },
  kill_cgroup: { calls: ['write'], text: ({ path }) => `Kill what is left in the cgroup ${quoted(path)}` },
  remove_cgroup: { calls: ['rmdir'], text: ({ path }) => `Remove the cgroup ${quoted(path)}` },
  record_exit: { calls: ['open', 'write', 'rename'], text: ({ path }) => `Record how the process ended in ${quoted(path)}` },
  keep_file: { calls: ['read', 'write', 'rename'], text: ({ from, to }) => `Keep ${quoted(from)} as ${quoted(to)}` },
  device_filter: {
    calls: ['bpf'],
    text: ({ path, program }) => `Attach the device filter (${program.length / 8} instructions) to the cgroup ${quoted(path)}`,
  },
  kill_process: { calls: ['pidfd_open', 'pidfd_send_signal'], text: ({ pid, signal }) => `Send signal ${signal} to process ${pid}` },
  signal_cgroup: { calls: ['kill'], text: ({ path, signal }) => `Send signal ${signal} to every process of the cgroup ${quoted(path)}` },
  freeze: { calls: ['write', 'poll'], text: ({ path, frozen }) => `${frozen ? 'Freeze' : 'Thaw'} the cgroup ${quoted(path)}` },
  wait_process: { calls: ['pidfd_open', 'poll'], text: ({ pid }) => `Wait until process ${pid} is gone` },
  watch_oom: { calls: ['poll', 'read'], text: ({ path }) => `Watch for out-of-memory kills in the cgroup ${quoted(path)}` },
  watch_pressure: { calls: ['write', 'poll'], text: ({ path }) => `Watch the memory pressure of the cgroup ${quoted(path)}` },
  notify_proxy: {
    calls: ['socket', 'bind', 'recvmsg', 'sendmsg'],
    text: ({ path, forward }) => `Forward readiness from ${quoted(path)} to ${quoted(forward)}`,
  },
}
