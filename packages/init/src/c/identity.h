/* Who a process is. A pid alone says nothing: it may have been given to another by now. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "teu.h"

struct process_stat {
  char state;
  uint64_t start_time; /* clock ticks since boot */
};

/* Reads /proc/PID/stat of the host; -1 after fail(): ESRCH when there is no such process. */
int read_process_stat(struct run *run, pid_t pid, struct process_stat *stat);
/* Opens a pidfd of the living process that has this pid and start time; -1 after fail() with ESRCH when there is none. */
int open_process(struct run *run, pid_t pid, uint64_t start_time);

/* `PID/file`, to be opened below host_proc(); false when it is too long or leads out of there. */
bool process_path(pid_t pid, const char *file, char path[64]);

#endif
