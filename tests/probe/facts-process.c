#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

/* Real, effective, saved and file system ids, groups, umask. */
int fact_ids(int argc, char **argv)
{
	(void)argc, (void)argv;
	uid_t uid[3];
	gid_t gid[3], groups[1024];
	getresuid(&uid[0], &uid[1], &uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	int count = getgroups(1024, groups);
	mode_t mask = umask(0);
	umask(mask);
	json_open(NULL, '{');
	json_open("uid", '[');
	for (int i = 0; i < 3; i++)
		json_number(NULL, uid[i]);
	json_number(NULL, setfsuid((uid_t)-1));
	json_close(']');
	json_open("gid", '[');
	for (int i = 0; i < 3; i++)
		json_number(NULL, gid[i]);
	json_number(NULL, setfsgid((gid_t)-1));
	json_close(']');
	json_open("groups", '[');
	for (int i = 0; i < count; i++)
		json_number(NULL, groups[i]);
	json_close(']');
	json_number("umask", mask);
	json_close('}');
	return 0;
}

/* The five capability sets as hexadecimal masks. */
int fact_caps(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	if (syscall(SYS_capget, &header, data) != 0)
		return 1;
	unsigned long long bounding = 0, ambient = 0;
	for (int cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			bounding |= 1ULL << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= 1ULL << cap;
	}
	json_open(NULL, '{');
	json_hex("effective", data[0].effective | (unsigned long long)data[1].effective << 32);
	json_hex("permitted", data[0].permitted | (unsigned long long)data[1].permitted << 32);
	json_hex("inheritable", data[0].inheritable | (unsigned long long)data[1].inheritable << 32);
	json_hex("bounding", bounding);
	json_hex("ambient", ambient);
	json_close('}');
	return 0;
}

/* Soft and hard limits by name; -1 is unlimited. */
int fact_rlimits(int argc, char **argv)
{
	(void)argc, (void)argv;
	static const char *const names[] = { "CPU",  "FSIZE", "DATA", "STACK",      "CORE",     "RSS",  "NPROC",  "NOFILE",
		                             "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME" };
	json_open(NULL, '{');
	for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
		struct rlimit limit;
		if (getrlimit(i, &limit) != 0)
			continue;
		char key[32];
		snprintf(key, sizeof key, "RLIMIT_%s", names[i]);
		json_open(key, '[');
		json_number(NULL, (long long)limit.rlim_cur);
		json_number(NULL, (long long)limit.rlim_max);
		json_close(']');
	}
	json_close('}');
	return 0;
}

/* What a process knows about itself. */
int fact_self(int argc, char **argv)
{
	(void)argc, (void)argv;
	char cwd[4096], name[17] = "";
	json_open(NULL, '{');
	json_number("pid", getpid());
	json_number("ppid", getppid());
	json_number("sid", getsid(0));
	json_number("pgid", getpgid(0));
	/* The system call, because some C libraries hide what is outside the root. */
	long size = syscall(SYS_getcwd, cwd, sizeof cwd);
	if (size > 0)
		json_string("cwd", cwd);
	else
		json_errno("cwdError", errno);
	prctl(PR_GET_NAME, name);
	json_string("name", name);
	json_number("dumpable", prctl(PR_GET_DUMPABLE));
	int parent_death_signal = 0;
	prctl(PR_GET_PDEATHSIG, &parent_death_signal);
	json_number("parentDeathSignal", parent_death_signal);
	json_number("noNewPrivs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	json_number("personality", personality(0xffffffff));
	json_close('}');
	return 0;
}

int fact_env(int argc, char **argv)
{
	(void)argc, (void)argv;
	json_open(NULL, '[');
	for (char **entry = environ; *entry != NULL; entry++)
		json_string(NULL, *entry);
	json_close(']');
	return 0;
}

int fact_args(int argc, char **argv)
{
	json_open(NULL, '[');
	for (int i = 0; i < argc; i++)
		json_string(NULL, argv[i]);
	json_close(']');
	return 0;
}

/* Scheduling: policy, nice, I/O priority, CPUs, OOM score. */
int fact_sched(int argc, char **argv)
{
	(void)argc, (void)argv;
	cpu_set_t cpus;
	char score[16] = "";
	json_open(NULL, '{');
	json_number("policy", sched_getscheduler(0));
	errno = 0;
	json_number("nice", getpriority(PRIO_PROCESS, 0));
	json_number("ioPriority", syscall(SYS_ioprio_get, 1, 0));
	json_open("cpus", '[');
	if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		for (int i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &cpus))
				json_number(NULL, i);
	json_close(']');
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	if (file != NULL) {
		if (fgets(score, sizeof score, file) != NULL)
			json_number("oomScoreAdj", atoi(score));
		fclose(file);
	}
	json_close('}');
	return 0;
}

/* seccomp mode, number of filters (from /proc), no_new_privs. */
int fact_seccomp(int argc, char **argv)
{
	(void)argc, (void)argv;
	char line[256];
	json_open(NULL, '{');
	json_number("mode", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	json_number("noNewPrivs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	FILE *file = fopen("/proc/self/status", "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, "Seccomp_filters:", 16) == 0)
			json_number("filters", atoi(line + 16));
	if (file != NULL)
		fclose(file);
	json_close('}');
	return 0;
}
