// Made by tools/generate-steps.ts from src/steps.ts. Do not edit.

import type { RequestWriter } from './request-writer.ts'
import type { Step } from './steps.ts'

/** Writes a step: head and fields, in wire order. */
export function writeStep(writer: RequestWriter, step: Step, stage: number, index: number): void {
  switch (step.op) {
    case 'open':
      writer.step(1, stage, index)
      writer.slot(step.slot)
      writer.string(step.path)
      writer.u32(step.flags)
      writer.u32(step.mode)
      return
    case 'close':
      writer.step(2, stage, index)
      writer.slot(step.slot)
      return
    case 'close_others':
      writer.step(3, stage, index)
      writer.u32s(step.keep)
      return
    case 'write_file':
      writer.step(4, stage, index)
      writer.slot(step.dir)
      writer.string(step.path)
      writer.bytes(step.data)
      return
    case 'write_child':
      writer.step(5, stage, index)
      writer.string(step.file)
      writer.bytes(step.data)
      return
    case 'write_child_pid':
      writer.step(6, stage, index)
      writer.string(step.path)
      return
    case 'record_init':
      writer.step(7, stage, index)
      writer.string(step.path)
      return
    case 'pid_file':
      writer.step(8, stage, index)
      writer.string(step.path)
      return
    case 'mkdir_all':
      writer.step(9, stage, index)
      writer.string(step.path)
      writer.u32(step.mode)
      return
    case 'make_cgroup':
      writer.step(10, stage, index)
      writer.string(step.root)
      writer.string(step.path)
      writer.strings(step.controllers)
      writer.bool(step.copyCpuset)
      return
    case 'mkfifo':
      writer.step(11, stage, index)
      writer.string(step.path)
      writer.u32(step.mode)
      writer.u32(step.uid)
      writer.u32(step.gid)
      return
    case 'unlink':
      writer.step(12, stage, index)
      writer.string(step.path)
      return
    case 'rmdir':
      writer.step(13, stage, index)
      writer.string(step.path)
      return
    case 'verify_device':
      writer.step(14, stage, index)
      writer.slot(step.slot)
      writer.u32(step.kind)
      writer.u32(step.major)
      writer.u32(step.minor)
      return
    case 'open_pidfd':
      writer.step(15, stage, index)
      writer.slot(step.slot)
      writer.u32(step.pid)
      writer.u64(step.startTime)
      return
    case 'connect':
      writer.step(16, stage, index)
      writer.slot(step.slot)
      writer.string(step.path)
      writer.u32(step.type)
      return
    case 'send_fd':
      writer.step(17, stage, index)
      writer.slot(step.socket)
      writer.slot(step.fd)
      writer.bytes(step.payload)
      return
    case 'send_pidfd':
      writer.step(18, stage, index)
      writer.slot(step.socket)
      writer.bytes(step.payload)
      return
    case 'adopt':
      writer.step(19, stage, index)
      writer.slot(step.slot)
      writer.u32(step.fd)
      return
    case 'clone':
      writer.step(30, stage, index)
      writer.u32(step.flags)
      writer.slot(step.cgroup)
      return
    case 'setns':
      writer.step(31, stage, index)
      writer.slot(step.slot)
      writer.u32(step.flags)
      return
    case 'unshare':
      writer.step(32, stage, index)
      writer.u32(step.flags)
      return
    case 'signal':
      writer.step(33, stage, index)
      writer.u32(step.n)
      return
    case 'wait':
      writer.step(34, stage, index)
      writer.u32(step.n)
      return
    case 'map_ids_helper':
      writer.step(35, stage, index)
      writer.string(step.path)
      writer.strings(step.ranges)
      return
    case 'rlimit':
      writer.step(36, stage, index)
      writer.u32(step.resource)
      writer.u64(step.soft)
      writer.u64(step.hard)
      return
    case 'move_netdev':
      writer.step(37, stage, index)
      writer.string(step.name)
      writer.string(step.newName)
      return
    case 'hook':
      writer.step(38, stage, index)
      writer.string(step.path)
      writer.strings(step.args)
      writer.strings(step.env)
      writer.string(step.cwd)
      writer.bytes(step.stateHead)
      writer.bytes(step.stateTail)
      writer.u32(step.timeoutMs)
      return
    case 'make_userns':
      writer.step(39, stage, index)
      writer.slot(step.slot)
      writer.bytes(step.uidMap)
      writer.bytes(step.gidMap)
      return
    case 'set_propagation':
      writer.step(50, stage, index)
      writer.slot(step.root)
      writer.u32(step.propagation)
      writer.bool(step.recursive)
      return
    case 'new_mount':
      writer.step(51, stage, index)
      writer.slot(step.slot)
      writer.string(step.type)
      writer.string(step.source)
      writer.strings(step.options)
      writer.u64(step.attrs)
      return
    case 'open_tree':
      writer.step(52, stage, index)
      writer.slot(step.slot)
      writer.slot(step.root)
      writer.string(step.path)
      writer.bool(step.recursive)
      writer.bool(step.noSymlinks)
      return
    case 'mount_attr':
      writer.step(53, stage, index)
      writer.slot(step.slot)
      writer.u64(step.set)
      writer.u64(step.clear)
      writer.u32(step.propagation)
      writer.bool(step.recursive)
      writer.slot(step.userns)
      return
    case 'attach_root':
      writer.step(54, stage, index)
      writer.slot(step.mount)
      writer.string(step.path)
      return
    case 'attach':
      writer.step(55, stage, index)
      writer.slot(step.mount)
      writer.slot(step.root)
      writer.string(step.path)
      writer.u32(step.create)
      writer.bool(step.noSymlinks)
      writer.bool(step.overProc)
      writer.bool(step.keep)
      return
    case 'mask':
      writer.step(56, stage, index)
      writer.slot(step.root)
      writer.string(step.path)
      writer.slot(step.nullDevice)
      writer.slot(step.emptyDir)
      return
    case 'readonly_path':
      writer.step(57, stage, index)
      writer.slot(step.root)
      writer.string(step.path)
      return
    case 'mknod':
      writer.step(58, stage, index)
      writer.slot(step.root)
      writer.string(step.path)
      writer.u32(step.kind)
      writer.u32(step.major)
      writer.u32(step.minor)
      writer.u32(step.mode)
      writer.u32(step.uid)
      writer.u32(step.gid)
      return
    case 'symlink':
      writer.step(59, stage, index)
      writer.slot(step.root)
      writer.string(step.path)
      writer.string(step.target)
      writer.bool(step.replace)
      return
    case 'copy_up':
      writer.step(60, stage, index)
      writer.slot(step.mount)
      writer.slot(step.root)
      writer.string(step.path)
      writer.u64(step.maxBytes)
      return
    case 'pivot_root':
      writer.step(61, stage, index)
      writer.slot(step.root)
      return
    case 'change_root':
      writer.step(62, stage, index)
      writer.slot(step.root)
      return
    case 'mkdir_in_root':
      writer.step(63, stage, index)
      writer.slot(step.root)
      writer.string(step.path)
      writer.u32(step.mode)
      return
    case 'give':
      writer.step(64, stage, index)
      writer.slot(step.slot)
      return
    case 'own':
      writer.step(65, stage, index)
      writer.slot(step.slot)
      writer.u32(step.uid)
      writer.u32(step.gid)
      return
    case 'copy_mode':
      writer.step(66, stage, index)
      writer.slot(step.mount)
      writer.slot(step.root)
      writer.string(step.path)
      return
    case 'hostname':
      writer.step(80, stage, index)
      writer.string(step.name)
      return
    case 'domainname':
      writer.step(81, stage, index)
      writer.string(step.name)
      return
    case 'link_up':
      writer.step(82, stage, index)
      writer.string(step.name)
      return
    case 'session_keyring':
      writer.step(83, stage, index)
      writer.string(step.name)
      return
    case 'setsid':
      writer.step(84, stage, index)
      return
    case 'open_pty':
      writer.step(85, stage, index)
      writer.slot(step.master)
      writer.slot(step.peer)
      writer.slot(step.root)
      writer.string(step.ptmx)
      writer.u32(step.rows)
      writer.u32(step.cols)
      return
    case 'bind_console':
      writer.step(86, stage, index)
      writer.slot(step.peer)
      writer.slot(step.root)
      writer.string(step.path)
      return
    case 'controlling_tty':
      writer.step(87, stage, index)
      writer.slot(step.peer)
      return
    case 'stdio':
      writer.step(88, stage, index)
      writer.u32(step.fd)
      writer.slot(step.slot)
      return
    case 'stdio_owner':
      writer.step(89, stage, index)
      writer.u32(step.uid)
      writer.u32(step.gid)
      return
    case 'umask':
      writer.step(90, stage, index)
      writer.u32(step.mask)
      return
    case 'no_new_privs':
      writer.step(91, stage, index)
      return
    case 'bounding_caps':
      writer.step(92, stage, index)
      writer.u64(step.keep)
      return
    case 'user':
      writer.step(93, stage, index)
      writer.u32(step.uid)
      writer.u32(step.gid)
      writer.u32s(step.groups)
      writer.bool(step.setGroups)
      return
    case 'capabilities':
      writer.step(94, stage, index)
      writer.u64(step.effective)
      writer.u64(step.permitted)
      writer.u64(step.inheritable)
      writer.u64(step.ambient)
      return
    case 'seccomp':
      writer.step(95, stage, index)
      writer.u32(step.flags)
      writer.bytes(step.program)
      writer.slot(step.listener)
      return
    case 'seccomp_notify':
      writer.step(96, stage, index)
      writer.slot(step.socket)
      writer.slot(step.listener)
      writer.bytes(step.head)
      writer.bytes(step.middle)
      writer.bytes(step.tail)
      return
    case 'scheduler':
      writer.step(97, stage, index)
      writer.u32(step.policy)
      writer.i32(step.nice)
      writer.u32(step.priority)
      writer.u64(step.flags)
      writer.u64(step.runtimeNs)
      writer.u64(step.deadlineNs)
      writer.u64(step.periodNs)
      return
    case 'io_priority':
      writer.step(98, stage, index)
      writer.u32(step.priority)
      return
    case 'cpu_affinity':
      writer.step(99, stage, index)
      writer.bytes(step.mask)
      return
    case 'memory_policy':
      writer.step(100, stage, index)
      writer.u32(step.mode)
      writer.bytes(step.nodes)
      return
    case 'personality':
      writer.step(101, stage, index)
      writer.u32(step.persona)
      return
    case 'lsm_label':
      writer.step(102, stage, index)
      writer.slot(step.proc)
      writer.string(step.file)
      writer.string(step.label)
      return
    case 'chdir':
      writer.step(103, stage, index)
      writer.string(step.path)
      writer.bool(step.create)
      return
    case 'find_program':
      writer.step(104, stage, index)
      writer.strings(step.candidates)
      return
    case 'home':
      writer.step(108, stage, index)
      writer.u32(step.uid)
      return
    case 'gate':
      writer.step(105, stage, index)
      writer.slot(step.go)
      writer.slot(step.status)
      return
    case 'outlive_parent':
      writer.step(106, stage, index)
      return
    case 'dumpable':
      writer.step(109, stage, index)
      writer.bool(step.on)
      return
    case 'exec':
      writer.step(107, stage, index)
      writer.strings(step.args)
      writer.strings(step.env)
      writer.u32s(step.fds)
      writer.bool(step.listenPid)
      return
    case 'detach':
      writer.step(120, stage, index)
      return
    case 'supervise':
      writer.step(121, stage, index)
      writer.bool(step.forwardSignals)
      writer.bool(step.bindToCaller)
      writer.u32(step.timeoutMs)
      writer.u32(step.stopSignal)
      writer.u32(step.graceMs)
      writer.slot(step.master)
      writer.slot(step.input)
      writer.slot(step.output)
      writer.bool(step.raw)
      return
    case 'collect':
      writer.step(122, stage, index)
      writer.string(step.name)
      writer.string(step.path)
      return
    case 'kill_cgroup':
      writer.step(123, stage, index)
      writer.string(step.path)
      return
    case 'remove_cgroup':
      writer.step(124, stage, index)
      writer.string(step.path)
      return
    case 'record_exit':
      writer.step(125, stage, index)
      writer.string(step.path)
      return
    case 'keep_file':
      writer.step(126, stage, index)
      writer.string(step.from)
      writer.string(step.to)
      return
    case 'device_filter':
      writer.step(140, stage, index)
      writer.string(step.path)
      writer.bytes(step.program)
      return
    case 'kill_process':
      writer.step(141, stage, index)
      writer.u32(step.pid)
      writer.u64(step.startTime)
      writer.u32(step.signal)
      return
    case 'signal_cgroup':
      writer.step(142, stage, index)
      writer.string(step.path)
      writer.string(step.freezer)
      writer.u32(step.signal)
      return
    case 'freeze':
      writer.step(143, stage, index)
      writer.string(step.path)
      writer.bool(step.v2)
      writer.bool(step.frozen)
      writer.u32(step.timeoutMs)
      return
    case 'wait_process':
      writer.step(144, stage, index)
      writer.u32(step.pid)
      writer.u64(step.startTime)
      writer.u32(step.timeoutMs)
      return
    case 'watch_oom':
      writer.step(145, stage, index)
      writer.string(step.path)
      writer.bool(step.v2)
      return
    case 'notify_proxy':
      writer.step(147, stage, index)
      writer.string(step.path)
      writer.string(step.forward)
      writer.u32(step.pid)
      writer.u64(step.startTime)
      return
    case 'watch_pressure':
      writer.step(146, stage, index)
      writer.string(step.path)
      writer.bool(step.v2)
      writer.string(step.trigger)
      return
  }
}
