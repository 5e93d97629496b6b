/* subreaper COMMAND [ARG...]
 *
 * What conmon and the containerd shim are to a runtime: runs the command as a child subreaper, then reaps everything that is left
 * over. Prints {"pid":…,"exit":…} or {"pid":…,"signal":…} for each child as it ends, the command's own line with "command":true.
 * Its standard streams are the command's. The lines go to descriptor 3. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 2;
	FILE *lines = fdopen(3, "w");
	if (lines == NULL)
		return 2;
	pid_t command = fork();
	if (command == 0) {
		close(3);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return 0;
		fprintf(lines, "{\"pid\":%d,\"command\":%s,\"%s\":%d}\n", pid, pid == command ? "true" : "false",
			WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		fflush(lines);
	}
}
