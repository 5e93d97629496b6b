/* What all files of teu-init share: the run of one plan, descriptors, failures. */
#ifndef TEU_H
#define TEU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "steps.gen.h" /* enum teu_op, struct step_*, union, teu_decode_step(), TEU_SYS_*, TEU_FRAME_*, STEPS_SCHEMA */

/* The run of one plan in one process. fork copies it, so what the parent opened before `clone` the container stage has too. */
struct run {
  uint32_t tag;
  bool trace;
  enum teu_stage stage;
  int status_fd;                 /* frames go here */
  int sync_fd;                   /* one byte messages between parent and container; -1 before `clone` */
  int control_fd;                /* requests for a running container; -1 none */
  int slots[TEU_SLOT_COUNT];     /* -1 free */
  pid_t child;                   /* the container process, as the parent sees it; 0 before `clone` */
  int child_pidfd;               /* parent only */
  const char *program;           /* what find_program found */
  /* set by a failing operation, read by the reporter */
  enum teu_syscall failed_syscall;
  const char *failed_path;       /* may point into the plan or into detail */
  char detail[2048];             /* free text, for people: a hook's output … */
};

/* Every operation returns 0, or -1 after fail(). `errnum` is the errno to report (not the global one). */
int fail(struct run *run, enum teu_syscall syscall, int errnum, const char *path);

/* Slots. slot_get fails with EBADF; slot_set closes what was there and makes the descriptor close-on-exec. */
int slot_get(struct run *run, int32_t slot);
int slot_set(struct run *run, int32_t slot, int fd);
void slot_close(struct run *run, int32_t slot);

/* Runs one decoded step; dispatches to op_NAME(run, &step->u.NAME). Every op_NAME is declared in steps.gen.h. */
int run_step(struct run *run, const struct teu_step *step);

#endif
