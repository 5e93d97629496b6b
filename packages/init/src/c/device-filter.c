/* The device rules of a v2 cgroup: a program that the kernel asks about each mknod and each opening of a device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "report.h"
#include "sys.h"

#define INSTRUCTION 8u
#define LOG_SIZE 65536u

static int load(const struct teu_bytes *program, char *log) {
  struct sys_bpf_load attributes = {
      .type = SYS_BPF_PROG_TYPE_CGROUP_DEVICE,
      .instruction_count = program->size / INSTRUCTION,
      .instructions = (uint64_t)(uintptr_t)program->data,
      .license = (uint64_t)(uintptr_t) "Apache-2.0",
      .log_level = log == NULL ? 0 : 1,
      .log_size = log == NULL ? 0 : LOG_SIZE,
      .log = (uint64_t)(uintptr_t)log,
      .name = "teu_devices",
  };
  return sys_bpf(SYS_BPF_PROG_LOAD, &attributes, sizeof attributes);
}

/* Loads once more, to hear from the verifier what it dislikes: the reason is in the last lines. */
static void explain(struct run *run, const struct teu_bytes *program) {
  char *log = calloc(1, LOG_SIZE);
  if (log == NULL) return;
  int loaded = load(program, log);
  close_at_end(&loaded);
  log[LOG_SIZE - 1] = '\0';
  size_t length = strlen(log), room = sizeof run->detail - 1;
  set_detail(run, log + (length > room ? length - room : 0), NULL);
  free(log);
}

int op_device_filter(struct run *run, const struct step_device_filter *step) {
  AUTO_CLOSE int cgroup = cgroup_open(step->path);
  if (cgroup < 0) return fail(run, TEU_SYS_open, errno, step->path);
  AUTO_CLOSE int program = load(&step->program, NULL);
  if (program < 0) {
    int saved = errno;
    explain(run, &step->program);
    return fail(run, TEU_SYS_bpf, saved, step->path);
  }
  struct sys_bpf_attach attributes = {
      .target_fd = (uint32_t)cgroup,
      .program_fd = (uint32_t)program,
      .attach_type = SYS_BPF_CGROUP_DEVICE,
      .attach_flags = SYS_BPF_F_ALLOW_MULTI,
  };
  return sys_bpf(SYS_BPF_PROG_ATTACH, &attributes, sizeof attributes) < 0 ? fail(run, TEU_SYS_bpf, errno, step->path) : 0;
}
