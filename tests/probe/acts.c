#define _GNU_SOURCE
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Prints "ready", then each signal's number as it arrives; exits with 40 + the number at SIGTERM or SIGUSR2. */
int act_signals(int argc, char **argv)
{
	(void)argc, (void)argv;
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int number = 0;
		if (sigwait(&all, &number) != 0)
			continue;
		printf("%d\n", number);
		fflush(stdout);
		if (number == SIGTERM || number == SIGUSR2)
			return 40 + number;
	}
}

/* Lives until SIGKILL: every other signal is ignored. */
int act_ignore(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int number = 1; number < 65; number++)
		signal(number, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* Touches that many bytes, 1 MiB at a time. */
int act_memory(int argc, char **argv)
{
	long long bytes = argc > 0 ? atoll(argv[0]) : 0;
	const size_t piece = 1 << 20;
	for (long long done = 0; done < bytes; done += (long long)piece) {
		char *memory = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED)
			return 3;
		memset(memory, 1, piece);
	}
	json_number(NULL, bytes);
	return 0;
}

/* Forks up to n sleeping children and prints how many there could be, and what stopped it. */
int act_fork(int argc, char **argv)
{
	int wanted = argc > 0 ? atoi(argv[0]) : 1, made = 0, error = 0;
	pid_t children[4096];
	while (made < wanted && made < 4096) {
		pid_t pid = fork();
		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid < 0) {
			error = errno;
			break;
		}
		children[made++] = pid;
	}
	for (int i = 0; i < made; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	json_open(NULL, '{');
	json_number("made", made);
	json_errno("error", error);
	json_close('}');
	return 0;
}

int act_raise(int argc, char **argv)
{
	int number = argc > 0 ? atoi(argv[0]) : SIGTERM;
	signal(number, SIG_DFL);
	raise(number);
	return 0;
}

/* Sends each argument as one datagram to $NOTIFY_SOCKET, then sleeps until killed when the last one is "wait". */
int act_notify(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	if (path == NULL)
		return 3;
	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "wait") == 0)
			for (;;)
				pause();
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (sendto(fd, argv[i], strlen(argv[i]), 0, (struct sockaddr *)&address, sizeof address) < 0)
			return 4;
		close(fd);
	}
	return 0;
}

static int call_one(const char *name)
{
	long result;
	if (strcmp(name, "getpid") == 0)
		result = syscall(SYS_getpid);
	else if (strcmp(name, "getcwd") == 0)
		result = syscall(SYS_getcwd, (char[4096]){ 0 }, 4096);
	else if (strcmp(name, "mkdir") == 0)
		result = mkdirat(AT_FDCWD, "/tmp/probe-mkdir", 0755);
	else if (strcmp(name, "unshare-user") == 0)
		result = unshare(CLONE_NEWUSER);
	else if (strcmp(name, "unshare-mount") == 0)
		result = unshare(CLONE_NEWNS);
	else if (strcmp(name, "mount") == 0)
		result = mount("none", "/tmp", "tmpfs", 0, NULL);
	else if (strcmp(name, "sethostname") == 0)
		result = sethostname("probe", 5);
	else if (strcmp(name, "reboot") == 0)
		result = reboot(RB_DISABLE_CAD);
	else if (strcmp(name, "chroot") == 0)
		result = chroot("/");
	else if (strcmp(name, "mknod") == 0)
		result = mknod("/tmp/probe-mknod", S_IFCHR | 0600, (1 << 8) | 3);
	else if (strcmp(name, "keyctl") == 0)
		result = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	else if (strcmp(name, "bpf") == 0)
		result = syscall(SYS_bpf, 99, NULL, 0);
	else if (strcmp(name, "ptrace") == 0)
		result = syscall(SYS_ptrace, 16, 0x7fffffff, 0, 0);
	else if (strcmp(name, "socket-raw") == 0)
		result = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	else if (strcmp(name, "socket-vsock") == 0)
		result = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	else if (strcmp(name, "kill-0") == 0)
		result = kill(getpid(), 0);
	else if (strcmp(name, "setuid-0") == 0)
		result = setuid(0);
	else if (strcmp(name, "setuid-1000") == 0)
		result = setuid(1000);
	else if (strcmp(name, "personality") == 0)
		result = syscall(SYS_personality, 0x0008);
	else if (strcmp(name, "tiocsti") == 0)
		result = syscall(SYS_ioctl, 0, 0x5412, "x");
	else
		return -1;
	return result < 0 ? errno : 0;
}

/* Calls each named system call and prints its errno by name. */
int act_call(int argc, char **argv)
{
	json_open(NULL, '{');
	for (int i = 0; i < argc; i++) {
		int result = call_one(argv[i]);
		if (result < 0)
			return 2;
		json_errno(argv[i], result);
	}
	json_close('}');
	return 0;
}

/* Binds 127.0.0.1:0 and connects to it: is the loopback up? */
int act_listen(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	json_open(NULL, '{');
	json_errno("bind", bind(server, (struct sockaddr *)&address, size) == 0 ? 0 : errno);
	json_errno("listen", listen(server, 1) == 0 ? 0 : errno);
	getsockname(server, (struct sockaddr *)&address, &size);
	json_errno("connect", connect(client, (struct sockaddr *)&address, size) == 0 ? 0 : errno);
	json_close('}');
	return 0;
}

/* Reads what each numbered descriptor holds. */
int act_open_fds(int argc, char **argv)
{
	json_open(NULL, '{');
	for (int i = 0; i < argc; i++) {
		char data[4096];
		ssize_t size = read(atoi(argv[i]), data, sizeof data);
		if (size < 0)
			json_errno(argv[i], errno);
		else
			json_string_n(argv[i], data, (size_t)size);
	}
	json_close('}');
	return 0;
}
