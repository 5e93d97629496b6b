/* Taking back what steps have made, when a later step fails. */
#ifndef UNDO_H
#define UNDO_H

#include "teu.h"

/* Takes back everything, newest first. Each failure is reported by a FAILED frame of stage `after`; returns how many there were. */
unsigned undo_all(struct run *run);

/* Whether the kernel has killed something for lack of memory in a cgroup that is to be removed. */
bool undo_has_oom_kill(const struct run *run);

/* Moves the network device that the plan calls `name` out of the container's network namespace again (netlink.c). */
int return_netdev(struct run *run, const char *name, bool up);

#endif
