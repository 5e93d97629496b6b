/* floor [-c HIERARCHY]... ROOTFS PROGRAM [ARG...]: what a container costs the kernel, and nothing else. The namespaces and mounts of
 * `runc spec`, pivot_root and the program, by bare system calls: no config, no limit, no filter, no state, no check. With -c the process is
 * in a new cgroup of that hierarchy, as the container of every runtime is in all of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CGROUPS 32
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

struct cgroup {
	char path[PATH_MAX];
	int unified; /* cgroup v2: a directory to clone into; -1: v1 */
};

static struct cgroup cgroups[MAX_CGROUPS];
static int cgroup_count;

static void need(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void put(const char *type, const char *target, unsigned long flags, const char *data)
{
	(void)mkdir(target, 0755);
	need(mount(type, target, type, flags, data), target);
}

static int open_in(const char *directory, const char *name, int flags)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return open(path, flags | O_CLOEXEC);
}

static void write_in(const char *directory, const char *name, const char *text, size_t size)
{
	int fd = open_in(directory, name, O_WRONLY);
	need(fd, name);
	need(write(fd, text, size), name);
	close(fd);
}

/* On v1 a cpuset without processors and memory takes nobody. */
static void copy(const char *from, const char *to, const char *name)
{
	char text[4096];
	int fd = open_in(from, name, O_RDONLY);
	if (fd < 0)
		return;
	ssize_t size = read(fd, text, sizeof text);
	close(fd);
	need(size, name);
	write_in(to, name, text, (size_t)size);
}

static void make_cgroup(const char *hierarchy)
{
	struct cgroup *cgroup = &cgroups[cgroup_count++];
	snprintf(cgroup->path, sizeof cgroup->path, "%s/floor-%d", hierarchy, getpid());
	need(mkdir(cgroup->path, 0755), cgroup->path);
	int controllers = open_in(cgroup->path, "cgroup.controllers", O_RDONLY);
	cgroup->unified = controllers < 0 ? -1 : open(cgroup->path, O_PATH | O_CLOEXEC);
	if (controllers >= 0)
		close(controllers);
	else {
		copy(hierarchy, cgroup->path, "cpuset.cpus");
		copy(hierarchy, cgroup->path, "cpuset.mems");
	}
}

static void become(const char *rootfs, char **program)
{
	const unsigned long strict = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	for (int i = 0; i < cgroup_count; i++)
		if (cgroups[i].unified < 0)
			write_in(cgroups[i].path, "tasks", "0", 1);
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	need(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), "bind");
	need(chdir(rootfs), rootfs);
	put("proc", "proc", strict, NULL);
	put("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	put("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
	put("tmpfs", "dev/shm", strict, "mode=1777,size=65536k");
	put("mqueue", "dev/mqueue", strict, NULL);
	put("sysfs", "sys", strict | MS_RDONLY, NULL);
	need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	need(umount2(".", MNT_DETACH), "umount");
	char *env[] = { "PATH=/bin", NULL };
	execve(program[0], program, env);
	need(-1, program[0]);
}

int main(int argc, char **argv)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
	} args = { .flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET, .exit_signal = SIGCHLD };
	int status = 0, at = 1;
	for (; at + 1 < argc && strcmp(argv[at], "-c") == 0 && cgroup_count < MAX_CGROUPS; at += 2)
		make_cgroup(argv[at + 1]);
	if (argc < at + 2)
		return 2;
	for (int i = 0; i < cgroup_count; i++)
		if (cgroups[i].unified >= 0) {
			args.flags |= CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)cgroups[i].unified;
		}
	long pid = syscall(SYS_clone3, &args, sizeof args);
	need(pid, "clone3");
	if (pid == 0)
		become(argv[at], argv + at + 1);
	need(waitpid((pid_t)pid, &status, 0), "wait");
	for (int i = 0; i < cgroup_count; i++)
		need(rmdir(cgroups[i].path), cgroups[i].path);
	return status == 0 ? 0 : 1;
}
