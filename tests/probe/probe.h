/* probe: runs as the process of a container and prints one fact as one line of JSON. */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes JSON to stdout; commas are placed by themselves. */
void json_begin(void);
void json_open(const char *key, char bracket);
void json_close(char bracket);
void json_string(const char *key, const char *value);
void json_string_n(const char *key, const char *value, size_t size);
void json_number(const char *key, long long value);
void json_hex(const char *key, unsigned long long value);
void json_bool(const char *key, bool value);
void json_null(const char *key);
/* Symbolic name of an errno, "ok" for 0. */
const char *errno_name(int number);
void json_errno(const char *key, int number);

/* Each subcommand gets the arguments after its name, NULL-terminated, and returns the exit status. */
typedef int subcommand(int argc, char **argv);

/* facts-process.c */
subcommand fact_ids, fact_caps, fact_rlimits, fact_self, fact_env, fact_args, fact_sched, fact_seccomp;
/* facts-files.c */
subcommand fact_fds, fact_stat, fact_open, fact_mounts, fact_namespaces, fact_read, fact_list, fact_tty, fact_host, fact_mkdir;
/* acts.c */
subcommand act_signals, act_memory, act_fork, act_raise, act_notify, act_call, act_listen, act_open_fds, act_ignore;

#endif
