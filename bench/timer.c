/* timer COMMAND [ARG...]            one run for each line on stdin; answers with "NANOSECONDS STATUS"
 * timer -p K -n N COMMAND [ARG...]  N runs, K at a time; answers with the nanoseconds of all of them together
 *
 * Spawns by vfork and waits, stdin and stdout on /dev/null, so that no interpreter's cost of starting programs is charged to them.
 * "%d" in an argument becomes the number of the slot (0 to K-1), for names. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_SLOTS 64

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static pid_t start(char **argv)
{
	pid_t pid = vfork();
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* The command with the slot's number put in. */
static char **for_slot(char **argv, int slot)
{
	int count = 0;
	while (argv[count] != NULL)
		count++;
	char **copy = calloc((size_t)count + 1, sizeof *copy);
	for (int i = 0; i < count; i++) {
		char *mark = strstr(argv[i], "%d");
		if (mark == NULL)
			copy[i] = argv[i];
		else if (asprintf(&copy[i], "%.*s%d%s", (int)(mark - argv[i]), argv[i], slot, mark + 2) < 0)
			exit(1);
	}
	return copy;
}

static int one_by_one(char **argv, FILE *answers)
{
	char line[16];
	char **command = for_slot(argv, 0);
	while (read(3, line, sizeof line) > 0) {
		int status = 0;
		long long begin = now();
		waitpid(start(command), &status, 0);
		fprintf(answers, "%lld %d\n", now() - begin, status);
		fflush(answers);
	}
	return 0;
}

static int together(char **argv, int width, int total, FILE *answers)
{
	char **commands[MAX_SLOTS];
	pid_t running[MAX_SLOTS] = { 0 };
	int started = 0, ended = 0, failed = 0;
	for (int slot = 0; slot < width; slot++)
		commands[slot] = for_slot(argv, slot);
	long long begin = now();
	for (int slot = 0; slot < width && started < total; slot++, started++)
		running[slot] = start(commands[slot]);
	while (ended < total) {
		int status = 0;
		pid_t pid = waitpid(-1, &status, 0);
		for (int slot = 0; slot < width; slot++) {
			if (running[slot] != pid)
				continue;
			ended++;
			failed += status != 0;
			running[slot] = 0;
			if (started < total) {
				running[slot] = start(commands[slot]);
				started++;
			}
			break;
		}
	}
	fprintf(answers, "%lld %d\n", now() - begin, failed);
	return fflush(answers);
}

int main(int argc, char **argv)
{
	int width = 0, total = 0, option;
	while ((option = getopt(argc, argv, "+p:n:")) > 0)
		*(option == 'p' ? &width : &total) = atoi(optarg);
	if (optind >= argc || width > MAX_SLOTS)
		return 2;
	/* Requests and answers move out of the way of the commands' own streams. */
	FILE *answers = fdopen(fcntl(1, F_DUPFD_CLOEXEC, 4), "w");
	if (dup3(0, 3, O_CLOEXEC) < 0 || answers == NULL)
		return 1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 2; fd++)
		dup2(null, fd);
	return width > 0 ? together(argv + optind, width, total, answers) : one_by_one(argv + optind, answers);
}
