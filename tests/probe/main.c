/* probe SUBCOMMAND [ARG...] [-- SUBCOMMAND [ARG...]]...
 *
 * One line of JSON per subcommand. Static, no library, so that it runs in any root file system. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	subcommand *run;
} subcommands[] = {
	{ "ids", fact_ids },         { "caps", fact_caps },       { "rlimits", fact_rlimits }, { "self", fact_self },
	{ "env", fact_env },         { "args", fact_args },       { "sched", fact_sched },     { "seccomp", fact_seccomp },
	{ "fds", fact_fds },         { "stat", fact_stat },       { "open", fact_open },       { "mounts", fact_mounts },
	{ "namespaces", fact_namespaces }, { "read", fact_read }, { "list", fact_list },       { "tty", fact_tty },
	{ "host", fact_host },       { "mkdir", fact_mkdir },     { "signals", act_signals },  { "memory", act_memory },
	{ "fork", act_fork },        { "raise", act_raise },      { "notify", act_notify },    { "call", act_call },
	{ "listen", act_listen },    { "open-fds", act_open_fds }, { "ignore", act_ignore },
};

static int run(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
		if (argc > 0 && strcmp(argv[0], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "probe: unknown subcommand %s\n", argc > 0 ? argv[0] : "");
	return 2;
}

int main(int argc, char **argv)
{
	int status = 0;
	for (int start = 1; start < argc;) {
		int end = start;
		while (end < argc && strcmp(argv[end], "--") != 0)
			end++;
		json_begin();
		status = run(end - start, argv + start);
		putchar('\n');
		if (fflush(stdout) != 0)
			return 5;
		start = end + 1;
		if (status != 0)
			break;
	}
	return status;
}
