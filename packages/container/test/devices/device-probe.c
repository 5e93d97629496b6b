/* Tries devices from inside a cgroup.
 *
 *   device-probe CGROUP [PROGRAM]
 *
 * Loads and attaches PROGRAM (an array of struct bpf_insn) to the v2 cgroup, if there is one; enters the cgroup; for each line
 * "KIND MAJOR MINOR" on stdin prints which of "r", "w", "rw" and "m" are not refused with EPERM. Run in a directory without nodev. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_LINES 1024

static void die(const char *what) {
  perror(what);
  exit(125);
}

static void attach(const char *cgroup, const char *path) {
  static struct bpf_insn program[32768];
  int file = open(path, O_RDONLY | O_CLOEXEC), directory = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ssize_t size = read(file, program, sizeof program);
  if (file < 0 || directory < 0 || size <= 0) die(path);
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = (uint32_t)(size / 8), .insns = (uintptr_t)program,
                         .license = (uintptr_t) "Apache-2.0"};
  int loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  if (loaded < 0) die("BPF_PROG_LOAD");
  union bpf_attr to = {.target_fd = (uint32_t)directory, .attach_bpf_fd = (uint32_t)loaded, .attach_type = BPF_CGROUP_DEVICE};
  if (syscall(SYS_bpf, BPF_PROG_ATTACH, &to, sizeof to) != 0) die("BPF_PROG_ATTACH");
}

static void enter(const char *cgroup) {
  int directory = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, "0", 1) != 1) die(cgroup);
}

static int can_open(const char *path, int flags) {
  int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 && errno == EACCES) die("nodev directory");
  return fd >= 0 || errno != EPERM;
}

int main(int argc, char **argv) {
  static dev_t devices[MAX_LINES];
  static mode_t kinds[MAX_LINES];
  char kind, path[32];
  unsigned major, minor, count = 0;
  if (argc < 2) return 125;
  for (; count < MAX_LINES && scanf(" %c %u %u", &kind, &major, &minor) == 3; count++) {
    devices[count] = makedev(major, minor);
    kinds[count] = (kind == 'b' ? S_IFBLK : S_IFCHR) | 0600;
    snprintf(path, sizeof path, "before-%u", count);
    if (mknod(path, kinds[count], devices[count]) != 0) die("mknod");
  }
  if (argc > 2) attach(argv[1], argv[2]);
  enter(argv[1]);
  for (unsigned i = 0; i < count; i++) {
    snprintf(path, sizeof path, "before-%u", i);
    int r = can_open(path, O_RDONLY), w = can_open(path, O_WRONLY), rw = can_open(path, O_RDWR);
    unlink(path);
    int m = mknod(path, kinds[i], devices[i]) == 0 || errno != EPERM;
    unlink(path);
    printf("%s%s%s%s\n", r ? "r " : "", w ? "w " : "", rw ? "rw " : "", m ? "m " : "");
  }
  return 0;
}
