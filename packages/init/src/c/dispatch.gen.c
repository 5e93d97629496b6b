/* Made by tools/generate-steps.ts from src/steps.ts. Do not edit. */
#include <errno.h>

#include "teu.h"

int run_step(struct run *run, const struct teu_step *step) {
  switch (step->op) {
  case TEU_OP_OPEN:
    return op_open(run, &step->u.open);
  case TEU_OP_CLOSE:
    return op_close(run, &step->u.close);
  case TEU_OP_CLOSE_OTHERS:
    return op_close_others(run, &step->u.close_others);
  case TEU_OP_WRITE_FILE:
    return op_write_file(run, &step->u.write_file);
  case TEU_OP_WRITE_CHILD:
    return op_write_child(run, &step->u.write_child);
  case TEU_OP_WRITE_CHILD_PID:
    return op_write_child_pid(run, &step->u.write_child_pid);
  case TEU_OP_RECORD_INIT:
    return op_record_init(run, &step->u.record_init);
  case TEU_OP_PID_FILE:
    return op_pid_file(run, &step->u.pid_file);
  case TEU_OP_MKDIR_ALL:
    return op_mkdir_all(run, &step->u.mkdir_all);
  case TEU_OP_MAKE_CGROUP:
    return op_make_cgroup(run, &step->u.make_cgroup);
  case TEU_OP_MKFIFO:
    return op_mkfifo(run, &step->u.mkfifo);
  case TEU_OP_UNLINK:
    return op_unlink(run, &step->u.unlink);
  case TEU_OP_RMDIR:
    return op_rmdir(run, &step->u.rmdir);
  case TEU_OP_VERIFY_DEVICE:
    return op_verify_device(run, &step->u.verify_device);
  case TEU_OP_OPEN_PIDFD:
    return op_open_pidfd(run, &step->u.open_pidfd);
  case TEU_OP_CONNECT:
    return op_connect(run, &step->u.connect);
  case TEU_OP_SEND_FD:
    return op_send_fd(run, &step->u.send_fd);
  case TEU_OP_SEND_PIDFD:
    return op_send_pidfd(run, &step->u.send_pidfd);
  case TEU_OP_ADOPT:
    return op_adopt(run, &step->u.adopt);
  case TEU_OP_CLONE:
    return op_clone(run, &step->u.clone);
  case TEU_OP_SETNS:
    return op_setns(run, &step->u.setns);
  case TEU_OP_UNSHARE:
    return op_unshare(run, &step->u.unshare);
  case TEU_OP_SIGNAL:
    return op_signal(run, &step->u.signal);
  case TEU_OP_WAIT:
    return op_wait(run, &step->u.wait);
  case TEU_OP_MAP_IDS_HELPER:
    return op_map_ids_helper(run, &step->u.map_ids_helper);
  case TEU_OP_RLIMIT:
    return op_rlimit(run, &step->u.rlimit);
  case TEU_OP_MOVE_NETDEV:
    return op_move_netdev(run, &step->u.move_netdev);
  case TEU_OP_HOOK:
    return op_hook(run, &step->u.hook);
  case TEU_OP_MAKE_USERNS:
    return op_make_userns(run, &step->u.make_userns);
  case TEU_OP_SET_PROPAGATION:
    return op_set_propagation(run, &step->u.set_propagation);
  case TEU_OP_NEW_MOUNT:
    return op_new_mount(run, &step->u.new_mount);
  case TEU_OP_OPEN_TREE:
    return op_open_tree(run, &step->u.open_tree);
  case TEU_OP_MOUNT_ATTR:
    return op_mount_attr(run, &step->u.mount_attr);
  case TEU_OP_ATTACH_ROOT:
    return op_attach_root(run, &step->u.attach_root);
  case TEU_OP_ATTACH:
    return op_attach(run, &step->u.attach);
  case TEU_OP_MASK:
    return op_mask(run, &step->u.mask);
  case TEU_OP_READONLY_PATH:
    return op_readonly_path(run, &step->u.readonly_path);
  case TEU_OP_MKNOD:
    return op_mknod(run, &step->u.mknod);
  case TEU_OP_SYMLINK:
    return op_symlink(run, &step->u.symlink);
  case TEU_OP_COPY_UP:
    return op_copy_up(run, &step->u.copy_up);
  case TEU_OP_PIVOT_ROOT:
    return op_pivot_root(run, &step->u.pivot_root);
  case TEU_OP_CHANGE_ROOT:
    return op_change_root(run, &step->u.change_root);
  case TEU_OP_MKDIR_IN_ROOT:
    return op_mkdir_in_root(run, &step->u.mkdir_in_root);
  case TEU_OP_GIVE:
    return op_give(run, &step->u.give);
  case TEU_OP_OWN:
    return op_own(run, &step->u.own);
  case TEU_OP_COPY_MODE:
    return op_copy_mode(run, &step->u.copy_mode);
  case TEU_OP_HOSTNAME:
    return op_hostname(run, &step->u.hostname);
  case TEU_OP_DOMAINNAME:
    return op_domainname(run, &step->u.domainname);
  case TEU_OP_LINK_UP:
    return op_link_up(run, &step->u.link_up);
  case TEU_OP_SESSION_KEYRING:
    return op_session_keyring(run, &step->u.session_keyring);
  case TEU_OP_SETSID:
    return op_setsid(run, &step->u.setsid);
  case TEU_OP_OPEN_PTY:
    return op_open_pty(run, &step->u.open_pty);
  case TEU_OP_BIND_CONSOLE:
    return op_bind_console(run, &step->u.bind_console);
  case TEU_OP_CONTROLLING_TTY:
    return op_controlling_tty(run, &step->u.controlling_tty);
  case TEU_OP_STDIO:
    return op_stdio(run, &step->u.stdio);
  case TEU_OP_STDIO_OWNER:
    return op_stdio_owner(run, &step->u.stdio_owner);
  case TEU_OP_UMASK:
    return op_umask(run, &step->u.umask);
  case TEU_OP_NO_NEW_PRIVS:
    return op_no_new_privs(run, &step->u.no_new_privs);
  case TEU_OP_BOUNDING_CAPS:
    return op_bounding_caps(run, &step->u.bounding_caps);
  case TEU_OP_USER:
    return op_user(run, &step->u.user);
  case TEU_OP_CAPABILITIES:
    return op_capabilities(run, &step->u.capabilities);
  case TEU_OP_SECCOMP:
    return op_seccomp(run, &step->u.seccomp);
  case TEU_OP_SECCOMP_NOTIFY:
    return op_seccomp_notify(run, &step->u.seccomp_notify);
  case TEU_OP_SCHEDULER:
    return op_scheduler(run, &step->u.scheduler);
  case TEU_OP_IO_PRIORITY:
    return op_io_priority(run, &step->u.io_priority);
  case TEU_OP_CPU_AFFINITY:
    return op_cpu_affinity(run, &step->u.cpu_affinity);
  case TEU_OP_MEMORY_POLICY:
    return op_memory_policy(run, &step->u.memory_policy);
  case TEU_OP_PERSONALITY:
    return op_personality(run, &step->u.personality);
  case TEU_OP_LSM_LABEL:
    return op_lsm_label(run, &step->u.lsm_label);
  case TEU_OP_CHDIR:
    return op_chdir(run, &step->u.chdir);
  case TEU_OP_FIND_PROGRAM:
    return op_find_program(run, &step->u.find_program);
  case TEU_OP_HOME:
    return op_home(run, &step->u.home);
  case TEU_OP_GATE:
    return op_gate(run, &step->u.gate);
  case TEU_OP_OUTLIVE_PARENT:
    return op_outlive_parent(run, &step->u.outlive_parent);
  case TEU_OP_DUMPABLE:
    return op_dumpable(run, &step->u.dumpable);
  case TEU_OP_EXEC:
    return op_exec(run, &step->u.exec);
  case TEU_OP_DETACH:
    return op_detach(run, &step->u.detach);
  case TEU_OP_SUPERVISE:
    return op_supervise(run, &step->u.supervise);
  case TEU_OP_COLLECT:
    return op_collect(run, &step->u.collect);
  case TEU_OP_KILL_CGROUP:
    return op_kill_cgroup(run, &step->u.kill_cgroup);
  case TEU_OP_REMOVE_CGROUP:
    return op_remove_cgroup(run, &step->u.remove_cgroup);
  case TEU_OP_RECORD_EXIT:
    return op_record_exit(run, &step->u.record_exit);
  case TEU_OP_KEEP_FILE:
    return op_keep_file(run, &step->u.keep_file);
  case TEU_OP_DEVICE_FILTER:
    return op_device_filter(run, &step->u.device_filter);
  case TEU_OP_KILL_PROCESS:
    return op_kill_process(run, &step->u.kill_process);
  case TEU_OP_SIGNAL_CGROUP:
    return op_signal_cgroup(run, &step->u.signal_cgroup);
  case TEU_OP_FREEZE:
    return op_freeze(run, &step->u.freeze);
  case TEU_OP_WAIT_PROCESS:
    return op_wait_process(run, &step->u.wait_process);
  case TEU_OP_WATCH_OOM:
    return op_watch_oom(run, &step->u.watch_oom);
  case TEU_OP_NOTIFY_PROXY:
    return op_notify_proxy(run, &step->u.notify_proxy);
  case TEU_OP_WATCH_PRESSURE:
    return op_watch_pressure(run, &step->u.watch_pressure);
  }
  return fail(run, TEU_SYS_decode, EPROTO, NULL);
}
