/* Made by tools/generate-steps.ts from src/steps.ts. Do not edit. */
#include "steps.gen.h"

static const struct teu_field fields_open[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_open, slot)},
  {TEU_FIELD_STR, offsetof(struct step_open, path)},
  {TEU_FIELD_U32, offsetof(struct step_open, flags)},
  {TEU_FIELD_U32, offsetof(struct step_open, mode)},
};

static const struct teu_field fields_close[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_close, slot)},
};

static const struct teu_field fields_close_others[] = {
  {TEU_FIELD_U32S, offsetof(struct step_close_others, keep)},
};

static const struct teu_field fields_write_file[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_write_file, dir)},
  {TEU_FIELD_STR, offsetof(struct step_write_file, path)},
  {TEU_FIELD_BYTES, offsetof(struct step_write_file, data)},
};

static const struct teu_field fields_write_child[] = {
  {TEU_FIELD_STR, offsetof(struct step_write_child, file)},
  {TEU_FIELD_BYTES, offsetof(struct step_write_child, data)},
};

static const struct teu_field fields_write_child_pid[] = {
  {TEU_FIELD_STR, offsetof(struct step_write_child_pid, path)},
};

static const struct teu_field fields_record_init[] = {
  {TEU_FIELD_STR, offsetof(struct step_record_init, path)},
};

static const struct teu_field fields_pid_file[] = {
  {TEU_FIELD_STR, offsetof(struct step_pid_file, path)},
};

static const struct teu_field fields_mkdir_all[] = {
  {TEU_FIELD_STR, offsetof(struct step_mkdir_all, path)},
  {TEU_FIELD_U32, offsetof(struct step_mkdir_all, mode)},
};

static const struct teu_field fields_make_cgroup[] = {
  {TEU_FIELD_STR, offsetof(struct step_make_cgroup, root)},
  {TEU_FIELD_STR, offsetof(struct step_make_cgroup, path)},
  {TEU_FIELD_STRS, offsetof(struct step_make_cgroup, controllers)},
  {TEU_FIELD_BOOL, offsetof(struct step_make_cgroup, copy_cpuset)},
  {TEU_FIELD_BOOL, offsetof(struct step_make_cgroup, unified)},
};

static const struct teu_field fields_mkfifo[] = {
  {TEU_FIELD_STR, offsetof(struct step_mkfifo, path)},
  {TEU_FIELD_U32, offsetof(struct step_mkfifo, mode)},
  {TEU_FIELD_U32, offsetof(struct step_mkfifo, uid)},
  {TEU_FIELD_U32, offsetof(struct step_mkfifo, gid)},
};

static const struct teu_field fields_unlink[] = {
  {TEU_FIELD_STR, offsetof(struct step_unlink, path)},
};

static const struct teu_field fields_rmdir[] = {
  {TEU_FIELD_STR, offsetof(struct step_rmdir, path)},
};

static const struct teu_field fields_verify_device[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_verify_device, slot)},
  {TEU_FIELD_U32, offsetof(struct step_verify_device, kind)},
  {TEU_FIELD_U32, offsetof(struct step_verify_device, major)},
  {TEU_FIELD_U32, offsetof(struct step_verify_device, minor)},
};

static const struct teu_field fields_open_pidfd[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_open_pidfd, slot)},
  {TEU_FIELD_U32, offsetof(struct step_open_pidfd, pid)},
  {TEU_FIELD_U64, offsetof(struct step_open_pidfd, start_time)},
};

static const struct teu_field fields_connect[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_connect, slot)},
  {TEU_FIELD_STR, offsetof(struct step_connect, path)},
  {TEU_FIELD_U32, offsetof(struct step_connect, type)},
};

static const struct teu_field fields_send_fd[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_send_fd, socket)},
  {TEU_FIELD_SLOT, offsetof(struct step_send_fd, fd)},
  {TEU_FIELD_BYTES, offsetof(struct step_send_fd, payload)},
};

static const struct teu_field fields_send_pidfd[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_send_pidfd, socket)},
  {TEU_FIELD_BYTES, offsetof(struct step_send_pidfd, payload)},
};

static const struct teu_field fields_adopt[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_adopt, slot)},
  {TEU_FIELD_U32, offsetof(struct step_adopt, fd)},
};

static const struct teu_field fields_clone[] = {
  {TEU_FIELD_U32, offsetof(struct step_clone, flags)},
  {TEU_FIELD_SLOT, offsetof(struct step_clone, cgroup)},
};

static const struct teu_field fields_setns[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_setns, slot)},
  {TEU_FIELD_U32, offsetof(struct step_setns, flags)},
};

static const struct teu_field fields_unshare[] = {
  {TEU_FIELD_U32, offsetof(struct step_unshare, flags)},
};

static const struct teu_field fields_signal[] = {
  {TEU_FIELD_U32, offsetof(struct step_signal, n)},
};

static const struct teu_field fields_wait[] = {
  {TEU_FIELD_U32, offsetof(struct step_wait, n)},
};

static const struct teu_field fields_map_ids_helper[] = {
  {TEU_FIELD_STR, offsetof(struct step_map_ids_helper, path)},
  {TEU_FIELD_STRS, offsetof(struct step_map_ids_helper, ranges)},
};

static const struct teu_field fields_rlimit[] = {
  {TEU_FIELD_U32, offsetof(struct step_rlimit, resource)},
  {TEU_FIELD_U64, offsetof(struct step_rlimit, soft)},
  {TEU_FIELD_U64, offsetof(struct step_rlimit, hard)},
};

static const struct teu_field fields_move_netdev[] = {
  {TEU_FIELD_STR, offsetof(struct step_move_netdev, name)},
  {TEU_FIELD_STR, offsetof(struct step_move_netdev, new_name)},
};

static const struct teu_field fields_hook[] = {
  {TEU_FIELD_STR, offsetof(struct step_hook, path)},
  {TEU_FIELD_STRS, offsetof(struct step_hook, args)},
  {TEU_FIELD_STRS, offsetof(struct step_hook, env)},
  {TEU_FIELD_STR, offsetof(struct step_hook, cwd)},
  {TEU_FIELD_BYTES, offsetof(struct step_hook, state_head)},
  {TEU_FIELD_BYTES, offsetof(struct step_hook, state_tail)},
  {TEU_FIELD_U32, offsetof(struct step_hook, timeout_ms)},
};

static const struct teu_field fields_make_userns[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_make_userns, slot)},
  {TEU_FIELD_BYTES, offsetof(struct step_make_userns, uid_map)},
  {TEU_FIELD_BYTES, offsetof(struct step_make_userns, gid_map)},
};

static const struct teu_field fields_set_propagation[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_set_propagation, root)},
  {TEU_FIELD_U32, offsetof(struct step_set_propagation, propagation)},
  {TEU_FIELD_BOOL, offsetof(struct step_set_propagation, recursive)},
};

static const struct teu_field fields_new_mount[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_new_mount, slot)},
  {TEU_FIELD_STR, offsetof(struct step_new_mount, type)},
  {TEU_FIELD_STR, offsetof(struct step_new_mount, source)},
  {TEU_FIELD_STRS, offsetof(struct step_new_mount, options)},
  {TEU_FIELD_U64, offsetof(struct step_new_mount, attrs)},
};

static const struct teu_field fields_open_tree[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_open_tree, slot)},
  {TEU_FIELD_SLOT, offsetof(struct step_open_tree, root)},
  {TEU_FIELD_STR, offsetof(struct step_open_tree, path)},
  {TEU_FIELD_BOOL, offsetof(struct step_open_tree, recursive)},
  {TEU_FIELD_BOOL, offsetof(struct step_open_tree, no_symlinks)},
};

static const struct teu_field fields_mount_attr[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_mount_attr, slot)},
  {TEU_FIELD_U64, offsetof(struct step_mount_attr, set)},
  {TEU_FIELD_U64, offsetof(struct step_mount_attr, clear)},
  {TEU_FIELD_U32, offsetof(struct step_mount_attr, propagation)},
  {TEU_FIELD_BOOL, offsetof(struct step_mount_attr, recursive)},
  {TEU_FIELD_SLOT, offsetof(struct step_mount_attr, userns)},
};

static const struct teu_field fields_attach_root[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_attach_root, mount)},
  {TEU_FIELD_STR, offsetof(struct step_attach_root, path)},
};

static const struct teu_field fields_attach[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_attach, mount)},
  {TEU_FIELD_SLOT, offsetof(struct step_attach, root)},
  {TEU_FIELD_STR, offsetof(struct step_attach, path)},
  {TEU_FIELD_U32, offsetof(struct step_attach, create)},
  {TEU_FIELD_BOOL, offsetof(struct step_attach, no_symlinks)},
  {TEU_FIELD_BOOL, offsetof(struct step_attach, over_proc)},
  {TEU_FIELD_BOOL, offsetof(struct step_attach, keep)},
};

static const struct teu_field fields_mask[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_mask, root)},
  {TEU_FIELD_STR, offsetof(struct step_mask, path)},
  {TEU_FIELD_SLOT, offsetof(struct step_mask, null_device)},
  {TEU_FIELD_SLOT, offsetof(struct step_mask, empty_dir)},
};

static const struct teu_field fields_readonly_path[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_readonly_path, root)},
  {TEU_FIELD_STR, offsetof(struct step_readonly_path, path)},
};

static const struct teu_field fields_mknod[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_mknod, root)},
  {TEU_FIELD_STR, offsetof(struct step_mknod, path)},
  {TEU_FIELD_U32, offsetof(struct step_mknod, kind)},
  {TEU_FIELD_U32, offsetof(struct step_mknod, major)},
  {TEU_FIELD_U32, offsetof(struct step_mknod, minor)},
  {TEU_FIELD_U32, offsetof(struct step_mknod, mode)},
  {TEU_FIELD_U32, offsetof(struct step_mknod, uid)},
  {TEU_FIELD_U32, offsetof(struct step_mknod, gid)},
};

static const struct teu_field fields_symlink[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_symlink, root)},
  {TEU_FIELD_STR, offsetof(struct step_symlink, path)},
  {TEU_FIELD_STR, offsetof(struct step_symlink, target)},
  {TEU_FIELD_BOOL, offsetof(struct step_symlink, replace)},
};

static const struct teu_field fields_copy_up[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_copy_up, mount)},
  {TEU_FIELD_SLOT, offsetof(struct step_copy_up, root)},
  {TEU_FIELD_STR, offsetof(struct step_copy_up, path)},
  {TEU_FIELD_U64, offsetof(struct step_copy_up, max_bytes)},
};

static const struct teu_field fields_pivot_root[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_pivot_root, root)},
};

static const struct teu_field fields_change_root[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_change_root, root)},
};

static const struct teu_field fields_mkdir_in_root[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_mkdir_in_root, root)},
  {TEU_FIELD_STR, offsetof(struct step_mkdir_in_root, path)},
  {TEU_FIELD_U32, offsetof(struct step_mkdir_in_root, mode)},
};

static const struct teu_field fields_give[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_give, slot)},
};

static const struct teu_field fields_own[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_own, slot)},
  {TEU_FIELD_U32, offsetof(struct step_own, uid)},
  {TEU_FIELD_U32, offsetof(struct step_own, gid)},
};

static const struct teu_field fields_copy_mode[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_copy_mode, mount)},
  {TEU_FIELD_SLOT, offsetof(struct step_copy_mode, root)},
  {TEU_FIELD_STR, offsetof(struct step_copy_mode, path)},
};

static const struct teu_field fields_hostname[] = {
  {TEU_FIELD_STR, offsetof(struct step_hostname, name)},
};

static const struct teu_field fields_domainname[] = {
  {TEU_FIELD_STR, offsetof(struct step_domainname, name)},
};

static const struct teu_field fields_link_up[] = {
  {TEU_FIELD_STR, offsetof(struct step_link_up, name)},
};

static const struct teu_field fields_session_keyring[] = {
  {TEU_FIELD_STR, offsetof(struct step_session_keyring, name)},
};

static const struct teu_field fields_open_pty[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_open_pty, master)},
  {TEU_FIELD_SLOT, offsetof(struct step_open_pty, peer)},
  {TEU_FIELD_SLOT, offsetof(struct step_open_pty, root)},
  {TEU_FIELD_STR, offsetof(struct step_open_pty, ptmx)},
  {TEU_FIELD_U32, offsetof(struct step_open_pty, rows)},
  {TEU_FIELD_U32, offsetof(struct step_open_pty, cols)},
};

static const struct teu_field fields_bind_console[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_bind_console, peer)},
  {TEU_FIELD_SLOT, offsetof(struct step_bind_console, root)},
  {TEU_FIELD_STR, offsetof(struct step_bind_console, path)},
};

static const struct teu_field fields_controlling_tty[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_controlling_tty, peer)},
};

static const struct teu_field fields_stdio[] = {
  {TEU_FIELD_U32, offsetof(struct step_stdio, fd)},
  {TEU_FIELD_SLOT, offsetof(struct step_stdio, slot)},
};

static const struct teu_field fields_stdio_owner[] = {
  {TEU_FIELD_U32, offsetof(struct step_stdio_owner, uid)},
  {TEU_FIELD_U32, offsetof(struct step_stdio_owner, gid)},
};

static const struct teu_field fields_umask[] = {
  {TEU_FIELD_U32, offsetof(struct step_umask, mask)},
};

static const struct teu_field fields_bounding_caps[] = {
  {TEU_FIELD_U64, offsetof(struct step_bounding_caps, keep)},
};

static const struct teu_field fields_user[] = {
  {TEU_FIELD_U32, offsetof(struct step_user, uid)},
  {TEU_FIELD_U32, offsetof(struct step_user, gid)},
  {TEU_FIELD_U32S, offsetof(struct step_user, groups)},
  {TEU_FIELD_BOOL, offsetof(struct step_user, set_groups)},
};

static const struct teu_field fields_capabilities[] = {
  {TEU_FIELD_U64, offsetof(struct step_capabilities, effective)},
  {TEU_FIELD_U64, offsetof(struct step_capabilities, permitted)},
  {TEU_FIELD_U64, offsetof(struct step_capabilities, inheritable)},
  {TEU_FIELD_U64, offsetof(struct step_capabilities, ambient)},
};

static const struct teu_field fields_seccomp[] = {
  {TEU_FIELD_U32, offsetof(struct step_seccomp, flags)},
  {TEU_FIELD_BYTES, offsetof(struct step_seccomp, program)},
  {TEU_FIELD_SLOT, offsetof(struct step_seccomp, listener)},
};

static const struct teu_field fields_seccomp_notify[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_seccomp_notify, socket)},
  {TEU_FIELD_SLOT, offsetof(struct step_seccomp_notify, listener)},
  {TEU_FIELD_BYTES, offsetof(struct step_seccomp_notify, head)},
  {TEU_FIELD_BYTES, offsetof(struct step_seccomp_notify, middle)},
  {TEU_FIELD_BYTES, offsetof(struct step_seccomp_notify, tail)},
};

static const struct teu_field fields_scheduler[] = {
  {TEU_FIELD_U32, offsetof(struct step_scheduler, policy)},
  {TEU_FIELD_I32, offsetof(struct step_scheduler, nice)},
  {TEU_FIELD_U32, offsetof(struct step_scheduler, priority)},
  {TEU_FIELD_U64, offsetof(struct step_scheduler, flags)},
  {TEU_FIELD_U64, offsetof(struct step_scheduler, runtime_ns)},
  {TEU_FIELD_U64, offsetof(struct step_scheduler, deadline_ns)},
  {TEU_FIELD_U64, offsetof(struct step_scheduler, period_ns)},
};

static const struct teu_field fields_io_priority[] = {
  {TEU_FIELD_U32, offsetof(struct step_io_priority, priority)},
};

static const struct teu_field fields_cpu_affinity[] = {
  {TEU_FIELD_BYTES, offsetof(struct step_cpu_affinity, mask)},
};

static const struct teu_field fields_memory_policy[] = {
  {TEU_FIELD_U32, offsetof(struct step_memory_policy, mode)},
  {TEU_FIELD_BYTES, offsetof(struct step_memory_policy, nodes)},
};

static const struct teu_field fields_personality[] = {
  {TEU_FIELD_U32, offsetof(struct step_personality, persona)},
};

static const struct teu_field fields_lsm_label[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_lsm_label, proc)},
  {TEU_FIELD_STR, offsetof(struct step_lsm_label, file)},
  {TEU_FIELD_STR, offsetof(struct step_lsm_label, label)},
};

static const struct teu_field fields_chdir[] = {
  {TEU_FIELD_STR, offsetof(struct step_chdir, path)},
  {TEU_FIELD_BOOL, offsetof(struct step_chdir, create)},
};

static const struct teu_field fields_find_program[] = {
  {TEU_FIELD_STRS, offsetof(struct step_find_program, candidates)},
};

static const struct teu_field fields_home[] = {
  {TEU_FIELD_U32, offsetof(struct step_home, uid)},
};

static const struct teu_field fields_gate[] = {
  {TEU_FIELD_SLOT, offsetof(struct step_gate, go)},
  {TEU_FIELD_SLOT, offsetof(struct step_gate, status)},
};

static const struct teu_field fields_dumpable[] = {
  {TEU_FIELD_BOOL, offsetof(struct step_dumpable, on)},
};

static const struct teu_field fields_exec[] = {
  {TEU_FIELD_STRS, offsetof(struct step_exec, args)},
  {TEU_FIELD_STRS, offsetof(struct step_exec, env)},
  {TEU_FIELD_U32S, offsetof(struct step_exec, fds)},
  {TEU_FIELD_BOOL, offsetof(struct step_exec, listen_pid)},
};

static const struct teu_field fields_supervise[] = {
  {TEU_FIELD_BOOL, offsetof(struct step_supervise, forward_signals)},
  {TEU_FIELD_BOOL, offsetof(struct step_supervise, bind_to_caller)},
  {TEU_FIELD_U32, offsetof(struct step_supervise, timeout_ms)},
  {TEU_FIELD_U32, offsetof(struct step_supervise, stop_signal)},
  {TEU_FIELD_U32, offsetof(struct step_supervise, grace_ms)},
  {TEU_FIELD_SLOT, offsetof(struct step_supervise, master)},
  {TEU_FIELD_SLOT, offsetof(struct step_supervise, input)},
  {TEU_FIELD_SLOT, offsetof(struct step_supervise, output)},
  {TEU_FIELD_BOOL, offsetof(struct step_supervise, raw)},
  {TEU_FIELD_BOOL, offsetof(struct step_supervise, quiet_start)},
};

static const struct teu_field fields_collect[] = {
  {TEU_FIELD_STR, offsetof(struct step_collect, name)},
  {TEU_FIELD_STR, offsetof(struct step_collect, path)},
};

static const struct teu_field fields_kill_cgroup[] = {
  {TEU_FIELD_STR, offsetof(struct step_kill_cgroup, path)},
};

static const struct teu_field fields_remove_cgroup[] = {
  {TEU_FIELD_STR, offsetof(struct step_remove_cgroup, path)},
};

static const struct teu_field fields_record_exit[] = {
  {TEU_FIELD_STR, offsetof(struct step_record_exit, path)},
};

static const struct teu_field fields_keep_file[] = {
  {TEU_FIELD_STR, offsetof(struct step_keep_file, from)},
  {TEU_FIELD_STR, offsetof(struct step_keep_file, to)},
};

static const struct teu_field fields_device_filter[] = {
  {TEU_FIELD_STR, offsetof(struct step_device_filter, path)},
  {TEU_FIELD_BYTES, offsetof(struct step_device_filter, program)},
};

static const struct teu_field fields_kill_process[] = {
  {TEU_FIELD_U32, offsetof(struct step_kill_process, pid)},
  {TEU_FIELD_U64, offsetof(struct step_kill_process, start_time)},
  {TEU_FIELD_U32, offsetof(struct step_kill_process, signal)},
};

static const struct teu_field fields_signal_cgroup[] = {
  {TEU_FIELD_STR, offsetof(struct step_signal_cgroup, path)},
  {TEU_FIELD_STR, offsetof(struct step_signal_cgroup, freezer)},
  {TEU_FIELD_U32, offsetof(struct step_signal_cgroup, signal)},
};

static const struct teu_field fields_freeze[] = {
  {TEU_FIELD_STR, offsetof(struct step_freeze, path)},
  {TEU_FIELD_BOOL, offsetof(struct step_freeze, v2)},
  {TEU_FIELD_BOOL, offsetof(struct step_freeze, frozen)},
  {TEU_FIELD_U32, offsetof(struct step_freeze, timeout_ms)},
};

static const struct teu_field fields_wait_process[] = {
  {TEU_FIELD_U32, offsetof(struct step_wait_process, pid)},
  {TEU_FIELD_U64, offsetof(struct step_wait_process, start_time)},
  {TEU_FIELD_U32, offsetof(struct step_wait_process, timeout_ms)},
};

static const struct teu_field fields_watch_oom[] = {
  {TEU_FIELD_STR, offsetof(struct step_watch_oom, path)},
  {TEU_FIELD_BOOL, offsetof(struct step_watch_oom, v2)},
};

static const struct teu_field fields_notify_proxy[] = {
  {TEU_FIELD_STR, offsetof(struct step_notify_proxy, path)},
  {TEU_FIELD_STR, offsetof(struct step_notify_proxy, forward)},
  {TEU_FIELD_U32, offsetof(struct step_notify_proxy, pid)},
  {TEU_FIELD_U64, offsetof(struct step_notify_proxy, start_time)},
};

static const struct teu_field fields_watch_pressure[] = {
  {TEU_FIELD_STR, offsetof(struct step_watch_pressure, path)},
  {TEU_FIELD_BOOL, offsetof(struct step_watch_pressure, v2)},
  {TEU_FIELD_STR, offsetof(struct step_watch_pressure, trigger)},
};

const struct teu_layout teu_layouts[TEU_OP_LIMIT] = {
  [TEU_OP_OPEN] = {true, 4, fields_open},
  [TEU_OP_CLOSE] = {true, 1, fields_close},
  [TEU_OP_CLOSE_OTHERS] = {true, 1, fields_close_others},
  [TEU_OP_WRITE_FILE] = {true, 3, fields_write_file},
  [TEU_OP_WRITE_CHILD] = {true, 2, fields_write_child},
  [TEU_OP_WRITE_CHILD_PID] = {true, 1, fields_write_child_pid},
  [TEU_OP_RECORD_INIT] = {true, 1, fields_record_init},
  [TEU_OP_PID_FILE] = {true, 1, fields_pid_file},
  [TEU_OP_MKDIR_ALL] = {true, 2, fields_mkdir_all},
  [TEU_OP_MAKE_CGROUP] = {true, 5, fields_make_cgroup},
  [TEU_OP_MKFIFO] = {true, 4, fields_mkfifo},
  [TEU_OP_UNLINK] = {true, 1, fields_unlink},
  [TEU_OP_RMDIR] = {true, 1, fields_rmdir},
  [TEU_OP_VERIFY_DEVICE] = {true, 4, fields_verify_device},
  [TEU_OP_OPEN_PIDFD] = {true, 3, fields_open_pidfd},
  [TEU_OP_CONNECT] = {true, 3, fields_connect},
  [TEU_OP_SEND_FD] = {true, 3, fields_send_fd},
  [TEU_OP_SEND_PIDFD] = {true, 2, fields_send_pidfd},
  [TEU_OP_ADOPT] = {true, 2, fields_adopt},
  [TEU_OP_CLONE] = {true, 2, fields_clone},
  [TEU_OP_SETNS] = {true, 2, fields_setns},
  [TEU_OP_UNSHARE] = {true, 1, fields_unshare},
  [TEU_OP_SIGNAL] = {true, 1, fields_signal},
  [TEU_OP_WAIT] = {true, 1, fields_wait},
  [TEU_OP_MAP_IDS_HELPER] = {true, 2, fields_map_ids_helper},
  [TEU_OP_RLIMIT] = {true, 3, fields_rlimit},
  [TEU_OP_MOVE_NETDEV] = {true, 2, fields_move_netdev},
  [TEU_OP_HOOK] = {true, 7, fields_hook},
  [TEU_OP_MAKE_USERNS] = {true, 3, fields_make_userns},
  [TEU_OP_SET_PROPAGATION] = {true, 3, fields_set_propagation},
  [TEU_OP_NEW_MOUNT] = {true, 5, fields_new_mount},
  [TEU_OP_OPEN_TREE] = {true, 5, fields_open_tree},
  [TEU_OP_MOUNT_ATTR] = {true, 6, fields_mount_attr},
  [TEU_OP_ATTACH_ROOT] = {true, 2, fields_attach_root},
  [TEU_OP_ATTACH] = {true, 7, fields_attach},
  [TEU_OP_MASK] = {true, 4, fields_mask},
  [TEU_OP_READONLY_PATH] = {true, 2, fields_readonly_path},
  [TEU_OP_MKNOD] = {true, 8, fields_mknod},
  [TEU_OP_SYMLINK] = {true, 4, fields_symlink},
  [TEU_OP_COPY_UP] = {true, 4, fields_copy_up},
  [TEU_OP_PIVOT_ROOT] = {true, 1, fields_pivot_root},
  [TEU_OP_CHANGE_ROOT] = {true, 1, fields_change_root},
  [TEU_OP_MKDIR_IN_ROOT] = {true, 3, fields_mkdir_in_root},
  [TEU_OP_GIVE] = {true, 1, fields_give},
  [TEU_OP_OWN] = {true, 3, fields_own},
  [TEU_OP_COPY_MODE] = {true, 3, fields_copy_mode},
  [TEU_OP_HOSTNAME] = {true, 1, fields_hostname},
  [TEU_OP_DOMAINNAME] = {true, 1, fields_domainname},
  [TEU_OP_LINK_UP] = {true, 1, fields_link_up},
  [TEU_OP_SESSION_KEYRING] = {true, 1, fields_session_keyring},
  [TEU_OP_SETSID] = {true, 0, NULL},
  [TEU_OP_OPEN_PTY] = {true, 6, fields_open_pty},
  [TEU_OP_BIND_CONSOLE] = {true, 3, fields_bind_console},
  [TEU_OP_CONTROLLING_TTY] = {true, 1, fields_controlling_tty},
  [TEU_OP_STDIO] = {true, 2, fields_stdio},
  [TEU_OP_STDIO_OWNER] = {true, 2, fields_stdio_owner},
  [TEU_OP_UMASK] = {true, 1, fields_umask},
  [TEU_OP_NO_NEW_PRIVS] = {true, 0, NULL},
  [TEU_OP_BOUNDING_CAPS] = {true, 1, fields_bounding_caps},
  [TEU_OP_USER] = {true, 4, fields_user},
  [TEU_OP_CAPABILITIES] = {true, 4, fields_capabilities},
  [TEU_OP_SECCOMP] = {true, 3, fields_seccomp},
  [TEU_OP_SECCOMP_NOTIFY] = {true, 5, fields_seccomp_notify},
  [TEU_OP_SCHEDULER] = {true, 7, fields_scheduler},
  [TEU_OP_IO_PRIORITY] = {true, 1, fields_io_priority},
  [TEU_OP_CPU_AFFINITY] = {true, 1, fields_cpu_affinity},
  [TEU_OP_MEMORY_POLICY] = {true, 2, fields_memory_policy},
  [TEU_OP_PERSONALITY] = {true, 1, fields_personality},
  [TEU_OP_LSM_LABEL] = {true, 3, fields_lsm_label},
  [TEU_OP_CHDIR] = {true, 2, fields_chdir},
  [TEU_OP_FIND_PROGRAM] = {true, 1, fields_find_program},
  [TEU_OP_HOME] = {true, 1, fields_home},
  [TEU_OP_GATE] = {true, 2, fields_gate},
  [TEU_OP_OUTLIVE_PARENT] = {true, 0, NULL},
  [TEU_OP_DUMPABLE] = {true, 1, fields_dumpable},
  [TEU_OP_EXEC] = {true, 4, fields_exec},
  [TEU_OP_DETACH] = {true, 0, NULL},
  [TEU_OP_SUPERVISE] = {true, 10, fields_supervise},
  [TEU_OP_COLLECT] = {true, 2, fields_collect},
  [TEU_OP_KILL_CGROUP] = {true, 1, fields_kill_cgroup},
  [TEU_OP_REMOVE_CGROUP] = {true, 1, fields_remove_cgroup},
  [TEU_OP_RECORD_EXIT] = {true, 1, fields_record_exit},
  [TEU_OP_KEEP_FILE] = {true, 2, fields_keep_file},
  [TEU_OP_DEVICE_FILTER] = {true, 2, fields_device_filter},
  [TEU_OP_KILL_PROCESS] = {true, 3, fields_kill_process},
  [TEU_OP_SIGNAL_CGROUP] = {true, 3, fields_signal_cgroup},
  [TEU_OP_FREEZE] = {true, 4, fields_freeze},
  [TEU_OP_WAIT_PROCESS] = {true, 3, fields_wait_process},
  [TEU_OP_WATCH_OOM] = {true, 2, fields_watch_oom},
  [TEU_OP_NOTIFY_PROXY] = {true, 4, fields_notify_proxy},
  [TEU_OP_WATCH_PRESSURE] = {true, 3, fields_watch_pressure},
};
