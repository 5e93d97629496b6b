/* Status frames: what the caller gets to know. */
#ifndef REPORT_H
#define REPORT_H

#include "teu.h"

#define NO_STEP UINT32_MAX

/* Sends one frame with the running step in its header. When the reader is gone the run goes on without it. */
void send_frame(struct run *run, enum teu_frame kind, uint64_t a, uint64_t b, const void *payload, size_t size);
/* Same, but it may wait for the next frame, or until this process has nothing to do for a moment: each time the caller is woken costs it
 * more than a frame does. Only in the parent stage. */
void send_frame_soon(struct run *run, enum teu_frame kind, uint64_t a, uint64_t b, const void *payload, size_t size);
/* Sends what waits. */
void send_unsent(struct run *run);
/* Sends the FAILED frame for what fail() noted, and forgets it. */
void report_failure(struct run *run);
/* Reports a failure that belongs to no step. */
void report_without_step(struct run *run, enum teu_syscall syscall, int errnum, const char *path);
/* What a process of a spawner has come to (run->done_mark). */
enum { MARK_FREE, MARK_TAKEN, MARK_DONE };

/* Sends the DONE frame. */
void report_done(struct run *run, uint64_t failed_cleanups);

/* Space for the times of all steps of the plan; without memory there are no TRACE frames. */
void trace_open(struct run *run);
void trace_add(struct run *run, uint64_t start_ns, uint64_t end_ns);
/* Sends what was noted since the last time. */
void trace_send(struct run *run);
/* Forgets what was noted: in a process that inherited its parent's notes. */
void trace_forget(struct run *run);

/* Formats into run->detail: the strings up to the NULL, joined and cut to fit. */
void set_detail(struct run *run, ...) __attribute__((sentinel));

/* Makes a run without a plan: nothing open, nothing known. */
void init_run(struct run *run, int status_fd);
/* slot_set for a descriptor that is close-on-exec already. */
int slot_put(struct run *run, int32_t slot, int fd);

#endif
