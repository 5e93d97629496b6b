#include "undo.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "kernel.h"
#include "report.h"

int undo_later(struct run *run, enum undo_kind kind, const char *path, size_t length) {
  struct undo_log *log = &run->undo;
  if (log->count == log->capacity) {
    size_t capacity = log->capacity == 0 ? 32 : 2 * log->capacity;
    struct undo_entry *entries = realloc(log->entries, capacity * sizeof *entries);
    if (entries == NULL) return fail(run, TEU_SYS_NONE, ENOMEM, path);
    log->entries = entries;
    log->capacity = capacity;
  }
  log->entries[log->count++] = (struct undo_entry){kind, path, length};
  return 0;
}

/* Whether a file of counters has a line `oom_kill N` with another N than 0. */
static bool counts_oom_kill(const char *directory, size_t length, const char *name) {
  static const char COUNTER[] = "\noom_kill ";
  char path[PATH_MAX], text[1024] = "\n";
  if (length + strlen(name) + 1 > sizeof path) return false;
  memcpy(path, directory, length);
  strcpy(path + length, name);
  ssize_t size = read_file(AT_FDCWD, path, text + 1, sizeof text - 2);
  if (size < 0) return false;
  text[1 + size] = '\0';
  const char *line = strstr(text, COUNTER);
  return line != NULL && line[sizeof COUNTER - 1] != '0';
}

bool undo_has_oom_kill(const struct run *run) {
  for (size_t i = 0; i < run->undo.count; i++) {
    const struct undo_entry *entry = &run->undo.entries[i];
    if (entry->kind != UNDO_CGROUP) continue;
    size_t length = entry->length == 0 ? strlen(entry->path) : entry->length;
    if (counts_oom_kill(entry->path, length, "/memory.events") || counts_oom_kill(entry->path, length, "/memory.oom_control")) return true;
  }
  return false;
}

static int remove_cgroup(struct run *run, const char *path) {
  struct step_kill_cgroup kill_step = {.path = path};
  struct step_remove_cgroup remove_step = {.path = path};
  int killed = op_kill_cgroup(run, &kill_step);
  return op_remove_cgroup(run, &remove_step) < 0 || killed < 0 ? -1 : 0;
}

/* A directory that is in use by now stays: another process works in the same tree. */
static int take_back(struct run *run, enum undo_kind kind, const char *path) {
  switch (kind) {
  case UNDO_RMDIR:
    if (rmdir(path) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EBUSY) return 0;
    return fail(run, TEU_SYS_rmdir, errno, path);
  case UNDO_UNLINK:
    if (unlink(path) == 0 || errno == ENOENT) return 0;
    return fail(run, TEU_SYS_unlink, errno, path);
  case UNDO_CGROUP:
    return remove_cgroup(run, path);
  case UNDO_NETDEV:
  case UNDO_NETDEV_DOWN:
    return return_netdev(run, path, kind == UNDO_NETDEV);
  }
  return 0;
}

unsigned undo_all(struct run *run) {
  unsigned failures = 0;
  run->stage = TEU_STAGE_AFTER;
  run->step = NULL;
  while (run->undo.count > 0) {
    const struct undo_entry *entry = &run->undo.entries[--run->undo.count];
    char path[PATH_MAX];
    size_t length = entry->length == 0 ? strlen(entry->path) : entry->length;
    if (length >= sizeof path) continue; /* mkdir(2) cannot have made it */
    memcpy(path, entry->path, length);
    path[length] = '\0';
    if (take_back(run, entry->kind, path) == 0) continue;
    failures++;
    report_failure(run);
  }
  return failures;
}
