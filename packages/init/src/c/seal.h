/* Running from a copy that nobody can change: a container that gets hold of /proc/PID/exe of ours holds nothing. */
#ifndef SEAL_H
#define SEAL_H

/* Returns 0 when this process runs from a sealed copy of the program. Else executes such a copy with the same arguments and an empty
 * environment; returns a positive errno when that cannot be done, and which call failed in `*syscall` (a TEU_SYS_ number). */
int run_sealed(char *const args[], int *syscall);

#endif
