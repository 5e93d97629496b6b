/* The line between parent, joiner and container: short messages over one SOCK_SEQPACKET pair. execve closes the container's end; that it
 * was execve is said by run->progress, not by a message: it would wake the parent for nothing. */
#ifndef SYNC_H
#define SYNC_H

#include "teu.h"

enum sync_kind {
  SYNC_SIGNAL = 1, /* value: the number of a `signal` step */
  SYNC_CHILD,      /* joiner → parent: value is the pid of the container process */
  SYNC_ASK,        /* container → parent: help with step `value`; may carry a descriptor */
  SYNC_ANSWER,     /* parent → container */
  SYNC_GATE,       /* container → parent: it waits at the gate */
  SYNC_FAILED,     /* joiner, container → parent: it has sent its FAILED frame and ends */
};

/* Opens the line: the parent's end goes to run->sync_fd, the other to `*other`. */
int sync_open(struct run *run, int *other);
/* Sends a message, with a descriptor if `fd` is not -1. Returns 0, or -1 with errno. */
int sync_send(struct run *run, enum sync_kind kind, uint32_t value, int fd);
/* Takes in one message (`wait`: waits for it) and notes it in run->sync. Returns false when there was none: nothing there yet, or the
 * end, which is noted too. */
bool sync_receive(struct run *run, bool wait);
/* Parent: whether the program runs. */
bool program_started(const struct run *run);
/* Container: whether the parent is there no more. */
bool parent_is_gone(const struct run *run);
/* Parent: does what the container process asked for, if it did. */
void sync_help(struct run *run);

#endif
