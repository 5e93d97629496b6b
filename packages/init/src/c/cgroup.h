/* Cgroups: what the operations on them share. A cgroup is held by a descriptor of its directory, and its files are opened below it. */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "teu.h"

/* Opens the directory; -1 with errno, ENOENT when the cgroup is gone. */
int cgroup_open(const char *path);
/* Writes `text` to a file of the cgroup with one write(2); 0 or an errno, ENOENT for a cgroup that has just gone. */
int cgroup_write(int cgroup, const char *file, const char *text);
/* Reads a file of the cgroup, cut to `size` - 1 bytes, NUL-terminated; 0 or an errno as above. */
int cgroup_read(int cgroup, const char *file, char *text, size_t size);
/* The number behind `key` in a file of `key number` lines; -1 when it is not there. */
int64_t cgroup_value(const char *text, const char *key);

/* Calls `visit` for the cgroup and all those below it, parents first, until one call returns an errno; returns that. */
int cgroup_walk(int cgroup, int (*visit)(int cgroup, void *with), void *with);

/* Freezes or thaws, see freezer.c. 0 or an errno; ETIMEDOUT when it did not freeze in time and was thawed again. */
int cgroup_freeze(int cgroup, bool v2, uint32_t timeout_ms);
int cgroup_thaw(int cgroup, bool v2, uint32_t timeout_ms);
/* Whether the cgroup itself was told to be frozen. */
bool cgroup_is_frozen(int cgroup, bool v2);

/* Sleeps; for a state of the kernel that nothing announces. */
void pause_us(uint32_t microseconds);

#endif
