/* What all files of teu-init share: the run of one plan, descriptors, failures, undo. */
#ifndef TEU_H
#define TEU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "steps.gen.h" /* enum teu_op, struct step_*, struct teu_step, TEU_SYS_*, TEU_FRAME_*, STEPS_SCHEMA, op_* */

/* A decoded plan. Strings point into the request, lists into an arena beside it; both live until exec or exit. */
struct teu_plan {
  uint32_t count;
  const struct teu_step *steps; /* the arena's begin */
  size_t arena_size;
};

/* What a later failure has to take back, newest last. */
enum undo_kind { UNDO_RMDIR, UNDO_UNLINK, UNDO_CGROUP, UNDO_NETDEV, UNDO_NETDEV_DOWN };
struct undo_entry {
  enum undo_kind kind;
  const char *path; /* in the plan */
  size_t length;    /* how much of it: 0 is all */
};
struct undo_log {
  struct undo_entry *entries;
  size_t count, capacity;
};

/* What the other side of the clone has said (sync.c). */
struct sync_state {
  uint32_t signals[16]; /* received and not yet waited for */
  unsigned signal_count;
  bool ended;           /* end of file: the other side is gone, or runs the program */
  bool at_gate, failed; /* parent: what the container process announced */
  bool asked;           /* parent: the container process wants its step `asked_step` to be helped with */
  uint32_t asked_step;
  int asked_fd;
  bool answered;        /* container: the parent's answer is there */
  uint32_t answer;      /* its errno, and the failed call << 16 */
};

/* What the caller, and signals to teu-init itself, have asked for (events.c). */
struct wishes {
  bool cancelled;       /* end before the program runs */
  bool caller_gone;     /* end of file on the control channel */
  bool released;        /* CONTROL_RELEASE */
  bool resized;         /* SIGWINCH */
  bool child_ended;     /* SIGCHLD */
  bool sized;           /* CONTROL_RESIZE: rows and columns */
  uint16_t rows, columns;
  uint64_t signals;     /* bit n-1: signal n, kept until the program runs */
  uint8_t partial[32];  /* a control request that has not come whole yet */
  size_t partial_size;
};

/* How the container process ended. */
struct ending {
  bool known;
  int status;     /* as wait4(2) gives it */
  uint32_t flags; /* of the EXITED frame */
  uint64_t time_ns;
  uint64_t usage[7]; /* in the order of protocol.md */
};

/* Shared between parent, joiner and container, so that the parent knows where they were when they say nothing any more. */
struct progress {
  uint32_t step; /* index of the step that joiner or container run */
  uint32_t execs; /* 1: execve comes next, and has not failed */
  uint32_t told;  /* 1: they have sent the FAILED frame */
  uint32_t noted; /* 1: they have failed, and what follows says how: a filter may refuse them the frame */
  uint32_t syscall;
  int32_t errnum;
  uint64_t value;
  char path[512], detail[512];
};

struct trace_log;

/* The run of one plan in one process. fork copies it, so what the parent opened before `clone` the container stage has too. */
struct run {
  uint32_t tag;
  bool trace;
  bool once;                    /* started for this plan alone, not by a spawner */
  bool bound;                   /* the plan's `supervise` has bindToCaller */
  bool forwards;                /* … and forwardSignals */
  bool quiet_start;             /* … and quietStart */
  bool records;                 /* the plan has a `record_init` step */
  bool live;                    /* parent: the program runs, or waits at the gate; signals go to it */
  bool gated;                   /* container: it has passed the gate */
  bool outlives;                /* container: it may go on without the parent */
  enum teu_stage stage;
  const struct teu_plan *plan;
  const struct teu_step *step;  /* the one that is running; NULL: none */
  int shared_fd;                /* the file or directory that the step before has opened and this one uses too; -1 (share_fd) */
  int status_fd;                /* frames go here; -1 when the reader is gone */
  int sync_fd;                  /* between parent, joiner and container (sync.h); -1 before `clone` */
  int control_fd;               /* control requests; -1 none */
  int signal_fd;                /* parent only: signals to teu-init itself; -1 none */
  int netns_fd;                 /* parent only: the container's network namespace, held while devices may have to be moved back; -1 */
  int proc_fd;                  /* parent only: the host's /proc, verified; -1 until it is needed (see host_proc) */
  int network_fd;               /* a network namespace that is ready for the container process (spare.h); -1 none */
  pid_t child;                  /* the container process, as the parent sees it; 0 before `clone` */
  int child_pidfd;              /* parent only */
  uint64_t child_start;         /* parent only: its start time in clock ticks since boot */
  struct progress *progress;    /* NULL before `clone` */
  const char *program;          /* what find_program found */
  bool filtered;                /* a seccomp filter is in force: every further call may be refused */
  char home[1024];              /* `HOME=…` from op_home, added to the program's environment; empty: none */
  char **env;                   /* room for the program's environment when something is added to it */
  uint8_t *done_mark;           /* parent only: set to MARK_DONE with the DONE frame, for the spawner; NULL: nobody asks */
  struct undo_log undo;         /* parent only */
  struct sync_state sync;
  struct wishes wishes;         /* parent only */
  struct ending ending;         /* parent only */
  struct trace_log *trace_log;  /* NULL when not tracing */
  size_t unsent_size;           /* frames that can wait for the next one, see report.h */
  uint8_t unsent[TEU_MAX_FRAME];
  /* set by fail(), read by the reporter */
  enum teu_syscall failed_syscall;
  int failed_errno;
  uint64_t failed_value;        /* a wait status */
  const char *failed_path;      /* may point into the plan or into path_buffer */
  char path_buffer[512];        /* for paths that an operation has put together */
  char detail[2048];            /* free text, for people: a hook's output … */
  int slots[TEU_SLOT_COUNT];    /* -1 free */
};

/* Every operation returns 0, or -1 after fail(). `errnum` is the errno to report (not the global one). `path` must outlive the
 * operation, or be NULL. fail() returns -1. */
int fail(struct run *run, enum teu_syscall syscall, int errnum, const char *path);
/* Same for a path that lives on the caller's stack: copied (and cut) into path_buffer. */
int fail_copy(struct run *run, enum teu_syscall syscall, int errnum, const char *path);

/* Slots. slot_get fails with EBADF (-1 after fail()); slot_set closes what was there, makes the descriptor close-on-exec and takes
 * it over (closes it when it fails). */
int slot_get(struct run *run, int32_t slot);
int slot_set(struct run *run, int32_t slot, int fd);
void slot_close(struct run *run, int32_t slot);

/* The step that comes right after the running one in this process; NULL: none. */
const struct teu_step *following_step(const struct run *run);
/* Steps that follow each other and use the same file or directory open it once: share_fd leaves `*fd` (and sets it to -1) to the next
 * step, take_shared_fd is for that step, -1 when nothing was left. To be called only when the next step is known to take it. */
void share_fd(struct run *run, int *fd);
int take_shared_fd(struct run *run);

/* Notes that a failure of a later step has to remove the first `length` bytes of `path` (0: all of it), which points into the plan.
 * UNDO_RMDIR removes an empty directory, UNDO_CGROUP kills what is in the cgroup and removes it, UNDO_NETDEV moves the network device
 * of that name back; it was up, or with UNDO_NETDEV_DOWN down. */
int undo_later(struct run *run, enum undo_kind kind, const char *path, size_t length);

/* The descriptor (O_PATH) of the host's /proc, checked to be procfs and its root; -1 after fail(). Only outside the container. */
int host_proc(struct run *run);

/* For container steps of which one part can only be done by the parent: hands it the step and `fd` (-1: none) and waits until the
 * parent has done that part. With a non-zero answer this step fails with the parent's errno. The parent runs parent_part(). */
int ask_parent(struct run *run, int fd);
/* The parent's part of seccomp_notify (seccomp.c): sends `listener` and the container process's pid over the step's socket. */
int parent_seccomp_notify(struct run *run, const struct step_seccomp_notify *step, int listener);

/* A frame of kind `event`: `value`, now, and no payload. */
int send_event(struct run *run, uint64_t value);

/* Runs one decoded step; dispatches to op_NAME(run, &step->u.NAME). Every op_NAME is declared in steps.gen.h. */
int run_step(struct run *run, const struct teu_step *step);

#endif
