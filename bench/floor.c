/* floor ROOTFS PROGRAM [ARG...]: what a container costs the kernel, and nothing else. The namespaces and mounts of `runc spec`, pivot_root
 * and the program, by bare system calls: no config, no cgroup, no limit, no filter, no state, no check. */
#define _GNU_SOURCE
#include <errno.h>
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

static void become(const char *rootfs, char **program)
{
	const unsigned long strict = MS_NOSUID | MS_NODEV | MS_NOEXEC;
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
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} args = { .flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET, .exit_signal = SIGCHLD };
	int status = 0;
	if (argc < 3)
		return 2;
	long pid = syscall(SYS_clone3, &args, sizeof args);
	need(pid, "clone3");
	if (pid == 0)
		become(argv[1], argv + 2);
	need(waitpid((pid_t)pid, &status, 0), "wait");
	return status == 0 ? 0 : 1;
}
