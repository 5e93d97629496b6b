/* Steps that run other programs: hooks and the id map helpers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper.h"
#include "io.h"

#define MAP_HELPER_TIMEOUT_MS 10000

int op_hook(struct run *run, const struct step_hook *step) {
  char digits[21] = "";
  const char *pid = digits;
  if (step->path[0] != '/') return fail(run, TEU_SYS_execve, EINVAL, step->path); /* never looked up where we happen to be */
  if (step->state_tail.size == 0)
    pid = ""; /* the head is the whole document */
  else if (run->stage == TEU_STAGE_CONTAINER)
    pid = decimal((uint64_t)getpid(), digits);
  else if (run->child > 0)
    pid = decimal((uint64_t)run->child, digits);
  const struct teu_bytes state[] = {step->state_head, {(const uint8_t *)pid, (uint32_t)strlen(pid)}, step->state_tail};
  const struct helper helper = {
      .path = step->path,
      .args = step->args.items,
      .env = step->env.items,
      .cwd = step->cwd,
      .input = state,
      .input_count = 3,
      .timeout_ms = step->timeout_ms,
  };
  return run_helper(run, &helper);
}

int op_map_ids_helper(struct run *run, const struct step_map_ids_helper *step) {
  char digits[21];
  char *const environment[] = {NULL};
  if (step->path[0] != '/' || run->child <= 0) return fail(run, TEU_SYS_execve, EINVAL, step->path);
  char **args = calloc((size_t)step->ranges.count + 3, sizeof *args);
  if (args == NULL) return fail(run, TEU_SYS_NONE, ENOMEM, NULL);
  args[0] = (char *)(uintptr_t)step->path;
  args[1] = decimal((uint64_t)run->child, digits);
  memcpy(args + 2, step->ranges.items, step->ranges.count * sizeof *args);
  const struct helper helper = {
      .path = step->path, .args = args, .env = environment, .cwd = "", .timeout_ms = MAP_HELPER_TIMEOUT_MS};
  int result = run_helper(run, &helper);
  free(args);
  return result;
}
