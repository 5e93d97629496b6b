/* Complete reads and writes, files that appear whole or not at all, clocks. */
#ifndef IO_H
#define IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to `size` bytes, until they are there or the end comes; waits when the descriptor is non-blocking. Returns the number, or
 * -1 with errno. */
ssize_t read_full(int fd, void *to, size_t size);
/* Writes all of it; 0, or -1 with errno. */
int write_full(int fd, const void *from, size_t size);
/* Reads a small file from the path, at most `size` bytes; the number, or -1 with errno. */
ssize_t read_file(int dir, const char *path, void *to, size_t size);

/* Writes `data` to a new file with a name of its own beside `path` and renames it: a reader sees the former content or this one.
 * `hidden` names the temporary file `.NAME` (what callers of pid files know), else it is `.NAME.PID`. On failure returns the errno and
 * which call it was in `*syscall` (a TEU_SYS_ number). */
int replace_file(const char *path, const void *data, size_t size, mode_t mode, int hidden, int *syscall);

/* umask(2), remembered, so that nobody has to ask the kernel for it. */
void set_umask(mode_t mask);
mode_t current_umask(void);

/* Digits of `number` at the end of `buffer`, NUL-terminated; returns their start. For code that must not use stdio. */
char *decimal(uint64_t number, char buffer[21]);

uint64_t monotonic_ns(void);
uint64_t realtime_ns(void);

#endif
