/* A parent stage that was forked ahead of its plan and has a network namespace ready. Forking and making that namespace take as long as
 * the rest of a container's start, and neither depends on the plan. */
#ifndef SPARE_H
#define SPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"
#include "teu.h"

#define MAX_PIPES 8

/* A pipe that was made for a plan: where it belongs, and both of its ends in one descriptor. */
struct kept_pipe {
  uint32_t slot, flags;
  int fd;
};

/* The spawner's side. */
struct spare {
  pid_t pid;           /* 0: there is none */
  int line;            /* SOCK_SEQPACKET: first the plan, then the plan's control requests; -1 none */
  uint64_t deadline_ns; /* when it is given up unused */
};

/* What a spare gets to work on. */
struct assignment {
  struct request request;
  unsigned pipe_count;
  struct kept_pipe pipes[MAX_PIPES];
};

/* Forks a spare. Returns true in the new process, which then calls spare_wait(), and false in the spawner; `spare->pid` stays 0 when there
 * could be none: plans then get a process of their own, as always. `other` is the new process's end of the line. */
bool spare_fork(struct spare *spare, int *other);
/* In the new process: makes the network namespace, and waits for the plan. `*network` is the namespace, or -1. Returns 0, or -1 after
 * fail() when this process cannot run any plan. Ends the process when the spawner has no use for it. */
int spare_wait(struct run *run, int line, struct assignment *assignment, int *network);
/* Makes a network namespace for a plan to come, and comes back to the caller's, in which hooks run. `*network` is -1 when there can be
 * none: the plan then makes its own, or says why it cannot. Returns 0, or -1 after fail() when there is no way back. */
int spare_network(struct run *run, int *network);
/* Hands the plan over. Returns the line, which carries the plan's control requests from then on, or -1: the plan has to go elsewhere. */
int spare_assign(struct spare *spare, const struct request *request, const struct kept_pipe *pipes, unsigned count);
/* Lets it go unused. */
void spare_drop(struct spare *spare);
/* Waits until it is gone: at the end of a spawner nothing of it is left. */
void spare_reap(struct spare *spare);

#endif
