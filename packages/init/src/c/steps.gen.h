/* Made by tools/generate-steps.ts from src/steps.ts. Do not edit. */
#ifndef STEPS_GEN_H
#define STEPS_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEPS_SCHEMA 0xc025a81bu
#define TEU_NO_SLOT (-1)
#define TEU_SLOT_COUNT 4096
#define TEU_MAX_PLAN 16777216u
#define TEU_MAX_STEPS 65536u
#define TEU_MAX_FRAME 4096
#define TEU_OP_LIMIT 148

enum teu_stage {
  TEU_STAGE_PARENT = 0,
  TEU_STAGE_JOINER = 1,
  TEU_STAGE_CONTAINER = 2,
  TEU_STAGE_AFTER = 3,
};

enum teu_frame {
  TEU_FRAME_HELLO = 1,
  TEU_FRAME_INIT = 2,
  TEU_FRAME_CREATED = 3,
  TEU_FRAME_STARTED = 4,
  TEU_FRAME_FAILED = 5,
  TEU_FRAME_TRACE = 6,
  TEU_FRAME_EXITED = 7,
  TEU_FRAME_COLLECTED = 8,
  TEU_FRAME_DONE = 9,
  TEU_FRAME_PIPE_READY = 10,
  TEU_FRAME_EVENT = 11,
};

enum teu_request {
  TEU_REQUEST_PLAN = 1,
  TEU_REQUEST_PIPE = 2,
  TEU_REQUEST_CONTROL = 3,
  TEU_REQUEST_SPARE = 4,
};

enum teu_control {
  TEU_CONTROL_SIGNAL = 1,
  TEU_CONTROL_RESIZE = 2,
  TEU_CONTROL_RELEASE = 3,
};

enum teu_op {
  TEU_OP_OPEN = 1,
  TEU_OP_CLOSE = 2,
  TEU_OP_CLOSE_OTHERS = 3,
  TEU_OP_WRITE_FILE = 4,
  TEU_OP_WRITE_CHILD = 5,
  TEU_OP_WRITE_CHILD_PID = 6,
  TEU_OP_RECORD_INIT = 7,
  TEU_OP_PID_FILE = 8,
  TEU_OP_MKDIR_ALL = 9,
  TEU_OP_MAKE_CGROUP = 10,
  TEU_OP_MKFIFO = 11,
  TEU_OP_UNLINK = 12,
  TEU_OP_RMDIR = 13,
  TEU_OP_VERIFY_DEVICE = 14,
  TEU_OP_OPEN_PIDFD = 15,
  TEU_OP_CONNECT = 16,
  TEU_OP_SEND_FD = 17,
  TEU_OP_SEND_PIDFD = 18,
  TEU_OP_ADOPT = 19,
  TEU_OP_CLONE = 30,
  TEU_OP_SETNS = 31,
  TEU_OP_UNSHARE = 32,
  TEU_OP_SIGNAL = 33,
  TEU_OP_WAIT = 34,
  TEU_OP_MAP_IDS_HELPER = 35,
  TEU_OP_RLIMIT = 36,
  TEU_OP_MOVE_NETDEV = 37,
  TEU_OP_HOOK = 38,
  TEU_OP_MAKE_USERNS = 39,
  TEU_OP_SET_PROPAGATION = 50,
  TEU_OP_NEW_MOUNT = 51,
  TEU_OP_OPEN_TREE = 52,
  TEU_OP_MOUNT_ATTR = 53,
  TEU_OP_ATTACH_ROOT = 54,
  TEU_OP_ATTACH = 55,
  TEU_OP_MASK = 56,
  TEU_OP_READONLY_PATH = 57,
  TEU_OP_MKNOD = 58,
  TEU_OP_SYMLINK = 59,
  TEU_OP_COPY_UP = 60,
  TEU_OP_PIVOT_ROOT = 61,
  TEU_OP_CHANGE_ROOT = 62,
  TEU_OP_MKDIR_IN_ROOT = 63,
  TEU_OP_GIVE = 64,
  TEU_OP_OWN = 65,
  TEU_OP_COPY_MODE = 66,
  TEU_OP_HOSTNAME = 80,
  TEU_OP_DOMAINNAME = 81,
  TEU_OP_LINK_UP = 82,
  TEU_OP_SESSION_KEYRING = 83,
  TEU_OP_SETSID = 84,
  TEU_OP_OPEN_PTY = 85,
  TEU_OP_BIND_CONSOLE = 86,
  TEU_OP_CONTROLLING_TTY = 87,
  TEU_OP_STDIO = 88,
  TEU_OP_STDIO_OWNER = 89,
  TEU_OP_UMASK = 90,
  TEU_OP_NO_NEW_PRIVS = 91,
  TEU_OP_BOUNDING_CAPS = 92,
  TEU_OP_USER = 93,
  TEU_OP_CAPABILITIES = 94,
  TEU_OP_SECCOMP = 95,
  TEU_OP_SECCOMP_NOTIFY = 96,
  TEU_OP_SCHEDULER = 97,
  TEU_OP_IO_PRIORITY = 98,
  TEU_OP_CPU_AFFINITY = 99,
  TEU_OP_MEMORY_POLICY = 100,
  TEU_OP_PERSONALITY = 101,
  TEU_OP_LSM_LABEL = 102,
  TEU_OP_CHDIR = 103,
  TEU_OP_FIND_PROGRAM = 104,
  TEU_OP_HOME = 108,
  TEU_OP_GATE = 105,
  TEU_OP_OUTLIVE_PARENT = 106,
  TEU_OP_DUMPABLE = 109,
  TEU_OP_EXEC = 107,
  TEU_OP_DETACH = 120,
  TEU_OP_SUPERVISE = 121,
  TEU_OP_COLLECT = 122,
  TEU_OP_KILL_CGROUP = 123,
  TEU_OP_REMOVE_CGROUP = 124,
  TEU_OP_RECORD_EXIT = 125,
  TEU_OP_KEEP_FILE = 126,
  TEU_OP_DEVICE_FILTER = 140,
  TEU_OP_KILL_PROCESS = 141,
  TEU_OP_SIGNAL_CGROUP = 142,
  TEU_OP_FREEZE = 143,
  TEU_OP_WAIT_PROCESS = 144,
  TEU_OP_WATCH_OOM = 145,
  TEU_OP_NOTIFY_PROXY = 147,
  TEU_OP_WATCH_PRESSURE = 146,
};

/* System calls that a failure can name. */
enum teu_syscall {
  TEU_SYS_NONE,
  TEU_SYS_open,
  TEU_SYS_openat2,
  TEU_SYS_write,
  TEU_SYS_read,
  TEU_SYS_mkdir,
  TEU_SYS_rmdir,
  TEU_SYS_unlink,
  TEU_SYS_rename,
  TEU_SYS_mkfifo,
  TEU_SYS_mknod,
  TEU_SYS_symlink,
  TEU_SYS_chown,
  TEU_SYS_chmod,
  TEU_SYS_stat,
  TEU_SYS_pidfd_open,
  TEU_SYS_pidfd_send_signal,
  TEU_SYS_socket,
  TEU_SYS_connect,
  TEU_SYS_sendmsg,
  TEU_SYS_recvmsg,
  TEU_SYS_clone3,
  TEU_SYS_setns,
  TEU_SYS_unshare,
  TEU_SYS_prlimit,
  TEU_SYS_fork,
  TEU_SYS_execve,
  TEU_SYS_waitid,
  TEU_SYS_pipe,
  TEU_SYS_poll,
  TEU_SYS_fsopen,
  TEU_SYS_fsconfig,
  TEU_SYS_fsmount,
  TEU_SYS_open_tree,
  TEU_SYS_move_mount,
  TEU_SYS_mount_setattr,
  TEU_SYS_mount,
  TEU_SYS_umount2,
  TEU_SYS_pivot_root,
  TEU_SYS_chroot,
  TEU_SYS_chdir,
  TEU_SYS_getcwd,
  TEU_SYS_sethostname,
  TEU_SYS_setdomainname,
  TEU_SYS_ioctl,
  TEU_SYS_keyctl,
  TEU_SYS_setsid,
  TEU_SYS_dup3,
  TEU_SYS_prctl,
  TEU_SYS_capset,
  TEU_SYS_setgroups,
  TEU_SYS_setresgid,
  TEU_SYS_setresuid,
  TEU_SYS_seccomp,
  TEU_SYS_sched_setattr,
  TEU_SYS_ioprio_set,
  TEU_SYS_sched_setaffinity,
  TEU_SYS_set_mempolicy,
  TEU_SYS_personality,
  TEU_SYS_close_range,
  TEU_SYS_memfd_create,
  TEU_SYS_mmap,
  TEU_SYS_netlink,
  TEU_SYS_fchdir,
  TEU_SYS_access,
  TEU_SYS_readlink,
  TEU_SYS_timeout,
  TEU_SYS_decode,
  TEU_SYS_hook,
  TEU_SYS_exit,
  TEU_SYS_sync,
  TEU_SYS_fstatfs,
  TEU_SYS_getdents,
  TEU_SYS_copy,
  TEU_SYS_umask,
  TEU_SYS_bpf,
  TEU_SYS_eventfd,
  TEU_SYS_inotify,
  TEU_SYS_getxattr,
  TEU_SYS_link,
  TEU_SYS_fcntl,
};

/* `data` is followed by a NUL that is not counted. */
struct teu_bytes {
  const uint8_t *data;
  uint32_t size;
};
/* `items` ends with NULL. */
struct teu_strs {
  uint32_t count;
  char **items;
};
struct teu_u32s {
  uint32_t count;
  const uint32_t *items;
};

/* Steps without fields; C has no empty struct. */
struct step_empty {
  char none;
};
#define step_setsid step_empty
#define step_no_new_privs step_empty
#define step_outlive_parent step_empty
#define step_detach step_empty

struct step_open {
  int32_t slot;
  const char *path;
  uint32_t flags;
  uint32_t mode;
};

struct step_close {
  int32_t slot;
};

struct step_close_others {
  struct teu_u32s keep;
};

struct step_write_file {
  int32_t dir;
  const char *path;
  struct teu_bytes data;
};

struct step_write_child {
  const char *file;
  struct teu_bytes data;
};

struct step_write_child_pid {
  const char *path;
};

struct step_record_init {
  const char *path;
};

struct step_pid_file {
  const char *path;
};

struct step_mkdir_all {
  const char *path;
  uint32_t mode;
};

struct step_make_cgroup {
  const char *root;
  const char *path;
  struct teu_strs controllers;
  bool copy_cpuset;
  bool unified;
};

struct step_mkfifo {
  const char *path;
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
};

struct step_unlink {
  const char *path;
};

struct step_rmdir {
  const char *path;
};

struct step_verify_device {
  int32_t slot;
  uint32_t kind;
  uint32_t major;
  uint32_t minor;
};

struct step_open_pidfd {
  int32_t slot;
  uint32_t pid;
  uint64_t start_time;
};

struct step_connect {
  int32_t slot;
  const char *path;
  uint32_t type;
};

struct step_send_fd {
  int32_t socket;
  int32_t fd;
  struct teu_bytes payload;
};

struct step_send_pidfd {
  int32_t socket;
  struct teu_bytes payload;
};

struct step_adopt {
  int32_t slot;
  uint32_t fd;
};

struct step_clone {
  uint32_t flags;
  int32_t cgroup;
};

struct step_setns {
  int32_t slot;
  uint32_t flags;
};

struct step_unshare {
  uint32_t flags;
};

struct step_signal {
  uint32_t n;
};

struct step_wait {
  uint32_t n;
};

struct step_map_ids_helper {
  const char *path;
  struct teu_strs ranges;
};

struct step_rlimit {
  uint32_t resource;
  uint64_t soft;
  uint64_t hard;
};

struct step_move_netdev {
  const char *name;
  const char *new_name;
};

struct step_hook {
  const char *path;
  struct teu_strs args;
  struct teu_strs env;
  const char *cwd;
  struct teu_bytes state_head;
  struct teu_bytes state_tail;
  uint32_t timeout_ms;
};

struct step_make_userns {
  int32_t slot;
  struct teu_bytes uid_map;
  struct teu_bytes gid_map;
};

struct step_set_propagation {
  int32_t root;
  uint32_t propagation;
  bool recursive;
};

struct step_new_mount {
  int32_t slot;
  const char *type;
  const char *source;
  struct teu_strs options;
  uint64_t attrs;
};

struct step_open_tree {
  int32_t slot;
  int32_t root;
  const char *path;
  bool recursive;
  bool no_symlinks;
};

struct step_mount_attr {
  int32_t slot;
  uint64_t set;
  uint64_t clear;
  uint32_t propagation;
  bool recursive;
  int32_t userns;
};

struct step_attach_root {
  int32_t mount;
  const char *path;
};

struct step_attach {
  int32_t mount;
  int32_t root;
  const char *path;
  uint32_t create;
  bool no_symlinks;
  bool over_proc;
  bool keep;
};

struct step_mask {
  int32_t root;
  const char *path;
  int32_t null_device;
  int32_t empty_dir;
};

struct step_readonly_path {
  int32_t root;
  const char *path;
};

struct step_mknod {
  int32_t root;
  const char *path;
  uint32_t kind;
  uint32_t major;
  uint32_t minor;
  uint32_t mode;
  uint32_t uid;
  uint32_t gid;
};

struct step_symlink {
  int32_t root;
  const char *path;
  const char *target;
  bool replace;
};

struct step_copy_up {
  int32_t mount;
  int32_t root;
  const char *path;
  uint64_t max_bytes;
};

struct step_pivot_root {
  int32_t root;
};

struct step_change_root {
  int32_t root;
};

struct step_mkdir_in_root {
  int32_t root;
  const char *path;
  uint32_t mode;
};

struct step_give {
  int32_t slot;
};

struct step_own {
  int32_t slot;
  uint32_t uid;
  uint32_t gid;
};

struct step_copy_mode {
  int32_t mount;
  int32_t root;
  const char *path;
};

struct step_hostname {
  const char *name;
};

struct step_domainname {
  const char *name;
};

struct step_link_up {
  const char *name;
};

struct step_session_keyring {
  const char *name;
};

struct step_open_pty {
  int32_t master;
  int32_t peer;
  int32_t root;
  const char *ptmx;
  uint32_t rows;
  uint32_t cols;
};

struct step_bind_console {
  int32_t peer;
  int32_t root;
  const char *path;
};

struct step_controlling_tty {
  int32_t peer;
};

struct step_stdio {
  uint32_t fd;
  int32_t slot;
};

struct step_stdio_owner {
  uint32_t uid;
  uint32_t gid;
};

struct step_umask {
  uint32_t mask;
};

struct step_bounding_caps {
  uint64_t keep;
};

struct step_user {
  uint32_t uid;
  uint32_t gid;
  struct teu_u32s groups;
  bool set_groups;
};

struct step_capabilities {
  uint64_t effective;
  uint64_t permitted;
  uint64_t inheritable;
  uint64_t ambient;
};

struct step_seccomp {
  uint32_t flags;
  struct teu_bytes program;
  int32_t listener;
};

struct step_seccomp_notify {
  int32_t socket;
  int32_t listener;
  struct teu_bytes head;
  struct teu_bytes middle;
  struct teu_bytes tail;
};

struct step_scheduler {
  uint32_t policy;
  int32_t nice;
  uint32_t priority;
  uint64_t flags;
  uint64_t runtime_ns;
  uint64_t deadline_ns;
  uint64_t period_ns;
};

struct step_io_priority {
  uint32_t priority;
};

struct step_cpu_affinity {
  struct teu_bytes mask;
};

struct step_memory_policy {
  uint32_t mode;
  struct teu_bytes nodes;
};

struct step_personality {
  uint32_t persona;
};

struct step_lsm_label {
  int32_t proc;
  const char *file;
  const char *label;
};

struct step_chdir {
  const char *path;
  bool create;
};

struct step_find_program {
  struct teu_strs candidates;
};

struct step_home {
  uint32_t uid;
};

struct step_gate {
  int32_t go;
  int32_t status;
};

struct step_dumpable {
  bool on;
};

struct step_exec {
  struct teu_strs args;
  struct teu_strs env;
  struct teu_u32s fds;
  bool listen_pid;
};

struct step_supervise {
  bool forward_signals;
  bool bind_to_caller;
  uint32_t timeout_ms;
  uint32_t stop_signal;
  uint32_t grace_ms;
  int32_t master;
  int32_t input;
  int32_t output;
  bool raw;
  bool quiet_start;
};

struct step_collect {
  const char *name;
  const char *path;
};

struct step_kill_cgroup {
  const char *path;
};

struct step_remove_cgroup {
  const char *path;
};

struct step_record_exit {
  const char *path;
};

struct step_keep_file {
  const char *from;
  const char *to;
};

struct step_device_filter {
  const char *path;
  struct teu_bytes program;
};

struct step_kill_process {
  uint32_t pid;
  uint64_t start_time;
  uint32_t signal;
};

struct step_signal_cgroup {
  const char *path;
  const char *freezer;
  uint32_t signal;
};

struct step_freeze {
  const char *path;
  bool v2;
  bool frozen;
  uint32_t timeout_ms;
};

struct step_wait_process {
  uint32_t pid;
  uint64_t start_time;
  uint32_t timeout_ms;
};

struct step_watch_oom {
  const char *path;
  bool v2;
};

struct step_notify_proxy {
  const char *path;
  const char *forward;
  uint32_t pid;
  uint64_t start_time;
};

struct step_watch_pressure {
  const char *path;
  bool v2;
  const char *trigger;
};

struct teu_step {
  enum teu_op op;
  enum teu_stage stage;
  uint32_t index;
  union {
    struct step_open open;
    struct step_close close;
    struct step_close_others close_others;
    struct step_write_file write_file;
    struct step_write_child write_child;
    struct step_write_child_pid write_child_pid;
    struct step_record_init record_init;
    struct step_pid_file pid_file;
    struct step_mkdir_all mkdir_all;
    struct step_make_cgroup make_cgroup;
    struct step_mkfifo mkfifo;
    struct step_unlink unlink;
    struct step_rmdir rmdir;
    struct step_verify_device verify_device;
    struct step_open_pidfd open_pidfd;
    struct step_connect connect;
    struct step_send_fd send_fd;
    struct step_send_pidfd send_pidfd;
    struct step_adopt adopt;
    struct step_clone clone;
    struct step_setns setns;
    struct step_unshare unshare;
    struct step_signal signal;
    struct step_wait wait;
    struct step_map_ids_helper map_ids_helper;
    struct step_rlimit rlimit;
    struct step_move_netdev move_netdev;
    struct step_hook hook;
    struct step_make_userns make_userns;
    struct step_set_propagation set_propagation;
    struct step_new_mount new_mount;
    struct step_open_tree open_tree;
    struct step_mount_attr mount_attr;
    struct step_attach_root attach_root;
    struct step_attach attach;
    struct step_mask mask;
    struct step_readonly_path readonly_path;
    struct step_mknod mknod;
    struct step_symlink symlink;
    struct step_copy_up copy_up;
    struct step_pivot_root pivot_root;
    struct step_change_root change_root;
    struct step_mkdir_in_root mkdir_in_root;
    struct step_give give;
    struct step_own own;
    struct step_copy_mode copy_mode;
    struct step_hostname hostname;
    struct step_domainname domainname;
    struct step_link_up link_up;
    struct step_session_keyring session_keyring;
    struct step_setsid setsid;
    struct step_open_pty open_pty;
    struct step_bind_console bind_console;
    struct step_controlling_tty controlling_tty;
    struct step_stdio stdio;
    struct step_stdio_owner stdio_owner;
    struct step_umask umask;
    struct step_no_new_privs no_new_privs;
    struct step_bounding_caps bounding_caps;
    struct step_user user;
    struct step_capabilities capabilities;
    struct step_seccomp seccomp;
    struct step_seccomp_notify seccomp_notify;
    struct step_scheduler scheduler;
    struct step_io_priority io_priority;
    struct step_cpu_affinity cpu_affinity;
    struct step_memory_policy memory_policy;
    struct step_personality personality;
    struct step_lsm_label lsm_label;
    struct step_chdir chdir;
    struct step_find_program find_program;
    struct step_home home;
    struct step_gate gate;
    struct step_outlive_parent outlive_parent;
    struct step_dumpable dumpable;
    struct step_exec exec;
    struct step_detach detach;
    struct step_supervise supervise;
    struct step_collect collect;
    struct step_kill_cgroup kill_cgroup;
    struct step_remove_cgroup remove_cgroup;
    struct step_record_exit record_exit;
    struct step_keep_file keep_file;
    struct step_device_filter device_filter;
    struct step_kill_process kill_process;
    struct step_signal_cgroup signal_cgroup;
    struct step_freeze freeze;
    struct step_wait_process wait_process;
    struct step_watch_oom watch_oom;
    struct step_notify_proxy notify_proxy;
    struct step_watch_pressure watch_pressure;
  } u;
};

/* How the fields of one operation lie on the wire and in its struct; see decode.c. */
enum teu_field_type {
  TEU_FIELD_U32,
  TEU_FIELD_I32,
  TEU_FIELD_U64,
  TEU_FIELD_BOOL,
  TEU_FIELD_SLOT,
  TEU_FIELD_STR,
  TEU_FIELD_BYTES,
  TEU_FIELD_STRS,
  TEU_FIELD_U32S,
};
struct teu_field {
  uint16_t type;
  uint16_t offset; /* in the struct of the step */
};
struct teu_layout {
  bool known;
  uint8_t count;
  const struct teu_field *fields;
};
extern const struct teu_layout teu_layouts[TEU_OP_LIMIT];

struct run;
int op_open(struct run *run, const struct step_open *step);
int op_close(struct run *run, const struct step_close *step);
int op_close_others(struct run *run, const struct step_close_others *step);
int op_write_file(struct run *run, const struct step_write_file *step);
int op_write_child(struct run *run, const struct step_write_child *step);
int op_write_child_pid(struct run *run, const struct step_write_child_pid *step);
int op_record_init(struct run *run, const struct step_record_init *step);
int op_pid_file(struct run *run, const struct step_pid_file *step);
int op_mkdir_all(struct run *run, const struct step_mkdir_all *step);
int op_make_cgroup(struct run *run, const struct step_make_cgroup *step);
int op_mkfifo(struct run *run, const struct step_mkfifo *step);
int op_unlink(struct run *run, const struct step_unlink *step);
int op_rmdir(struct run *run, const struct step_rmdir *step);
int op_verify_device(struct run *run, const struct step_verify_device *step);
int op_open_pidfd(struct run *run, const struct step_open_pidfd *step);
int op_connect(struct run *run, const struct step_connect *step);
int op_send_fd(struct run *run, const struct step_send_fd *step);
int op_send_pidfd(struct run *run, const struct step_send_pidfd *step);
int op_adopt(struct run *run, const struct step_adopt *step);
int op_clone(struct run *run, const struct step_clone *step);
int op_setns(struct run *run, const struct step_setns *step);
int op_unshare(struct run *run, const struct step_unshare *step);
int op_signal(struct run *run, const struct step_signal *step);
int op_wait(struct run *run, const struct step_wait *step);
int op_map_ids_helper(struct run *run, const struct step_map_ids_helper *step);
int op_rlimit(struct run *run, const struct step_rlimit *step);
int op_move_netdev(struct run *run, const struct step_move_netdev *step);
int op_hook(struct run *run, const struct step_hook *step);
int op_make_userns(struct run *run, const struct step_make_userns *step);
int op_set_propagation(struct run *run, const struct step_set_propagation *step);
int op_new_mount(struct run *run, const struct step_new_mount *step);
int op_open_tree(struct run *run, const struct step_open_tree *step);
int op_mount_attr(struct run *run, const struct step_mount_attr *step);
int op_attach_root(struct run *run, const struct step_attach_root *step);
int op_attach(struct run *run, const struct step_attach *step);
int op_mask(struct run *run, const struct step_mask *step);
int op_readonly_path(struct run *run, const struct step_readonly_path *step);
int op_mknod(struct run *run, const struct step_mknod *step);
int op_symlink(struct run *run, const struct step_symlink *step);
int op_copy_up(struct run *run, const struct step_copy_up *step);
int op_pivot_root(struct run *run, const struct step_pivot_root *step);
int op_change_root(struct run *run, const struct step_change_root *step);
int op_mkdir_in_root(struct run *run, const struct step_mkdir_in_root *step);
int op_give(struct run *run, const struct step_give *step);
int op_own(struct run *run, const struct step_own *step);
int op_copy_mode(struct run *run, const struct step_copy_mode *step);
int op_hostname(struct run *run, const struct step_hostname *step);
int op_domainname(struct run *run, const struct step_domainname *step);
int op_link_up(struct run *run, const struct step_link_up *step);
int op_session_keyring(struct run *run, const struct step_session_keyring *step);
int op_setsid(struct run *run, const struct step_setsid *step);
int op_open_pty(struct run *run, const struct step_open_pty *step);
int op_bind_console(struct run *run, const struct step_bind_console *step);
int op_controlling_tty(struct run *run, const struct step_controlling_tty *step);
int op_stdio(struct run *run, const struct step_stdio *step);
int op_stdio_owner(struct run *run, const struct step_stdio_owner *step);
int op_umask(struct run *run, const struct step_umask *step);
int op_no_new_privs(struct run *run, const struct step_no_new_privs *step);
int op_bounding_caps(struct run *run, const struct step_bounding_caps *step);
int op_user(struct run *run, const struct step_user *step);
int op_capabilities(struct run *run, const struct step_capabilities *step);
int op_seccomp(struct run *run, const struct step_seccomp *step);
int op_seccomp_notify(struct run *run, const struct step_seccomp_notify *step);
int op_scheduler(struct run *run, const struct step_scheduler *step);
int op_io_priority(struct run *run, const struct step_io_priority *step);
int op_cpu_affinity(struct run *run, const struct step_cpu_affinity *step);
int op_memory_policy(struct run *run, const struct step_memory_policy *step);
int op_personality(struct run *run, const struct step_personality *step);
int op_lsm_label(struct run *run, const struct step_lsm_label *step);
int op_chdir(struct run *run, const struct step_chdir *step);
int op_find_program(struct run *run, const struct step_find_program *step);
int op_home(struct run *run, const struct step_home *step);
int op_gate(struct run *run, const struct step_gate *step);
int op_outlive_parent(struct run *run, const struct step_outlive_parent *step);
int op_dumpable(struct run *run, const struct step_dumpable *step);
int op_exec(struct run *run, const struct step_exec *step);
int op_detach(struct run *run, const struct step_detach *step);
int op_supervise(struct run *run, const struct step_supervise *step);
int op_collect(struct run *run, const struct step_collect *step);
int op_kill_cgroup(struct run *run, const struct step_kill_cgroup *step);
int op_remove_cgroup(struct run *run, const struct step_remove_cgroup *step);
int op_record_exit(struct run *run, const struct step_record_exit *step);
int op_keep_file(struct run *run, const struct step_keep_file *step);
int op_device_filter(struct run *run, const struct step_device_filter *step);
int op_kill_process(struct run *run, const struct step_kill_process *step);
int op_signal_cgroup(struct run *run, const struct step_signal_cgroup *step);
int op_freeze(struct run *run, const struct step_freeze *step);
int op_wait_process(struct run *run, const struct step_wait_process *step);
int op_watch_oom(struct run *run, const struct step_watch_oom *step);
int op_notify_proxy(struct run *run, const struct step_notify_proxy *step);
int op_watch_pressure(struct run *run, const struct step_watch_pressure *step);

#endif
