/* The stages of a plan; see the picture in main.c. */
#ifndef STAGES_H
#define STAGES_H

#include "teu.h"

/* Runs a whole plan as its parent stage, `after` steps and undo included, and sends DONE. Returns the exit status. */
int run_plan(struct run *run);

/* Runs the steps of one stage in order, from the first of that stage. Returns 0, or -1 after the first that failed. */
int run_stage(struct run *run, enum teu_stage stage);
/* Whether the plan has steps for the stage. */
bool has_stage(const struct run *run, enum teu_stage stage);

/* The rest of a process that joiner or container stage run in: runs the steps, reports the failure, ends. Only a joiner that worked
 * returns from its stage, as the container. */
_Noreturn void become_container(struct run *run);
_Noreturn void end_failed_stage(struct run *run);

/* Container: makes room for what exec adds to the environment. */
int prepare_exec(struct run *run);

/* Waits until the program runs or the process is at the gate, and tells the caller. */
int await_program(struct run *run);
/* Reaps every child that has ended, and remembers how the container process did. With `wait`, waits for that one. */
void reap(struct run *run, bool wait);
/* Notes in run->child_* who the container process is. */
int know_child(struct run *run, pid_t pid, int pidfd);

#endif
