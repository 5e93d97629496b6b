/* What the parent listens to while it waits: the container process, the caller, signals to itself. */
#ifndef EVENTS_H
#define EVENTS_H

#include <poll.h>

#include "teu.h"

#define MAX_EXTRA_EVENTS 6

/* Blocks the signals that would end teu-init, and reads them from run->signal_fd from then on. */
int signals_open(struct run *run);
/* Waits for anything, `timeout_ms` at most (-1: no limit), and notes what came in run->sync and run->wishes. `extra` are descriptors of
 * the caller, whose `revents` are filled. Returns how many of those are ready, or -1 after fail(). */
int wait_event(struct run *run, struct pollfd *extra, unsigned count, int timeout_ms);
/* One wait for news of the container process during set-up; fails when it is dead, has failed, or the caller wants an end. */
int await_child(struct run *run);
/* Sends the signals that came before the container process was ready for them. */
void deliver_signals(struct run *run);
/* During set-up: fails with ECANCELED when the caller wants an end. */
int check_cancelled(struct run *run);
/* Milliseconds until `deadline_ns` (CLOCK_MONOTONIC), rounded up, for poll(2); -1 when it is 0. */
int ms_until(uint64_t deadline_ns);

#endif
