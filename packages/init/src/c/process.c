/* Attributes of the container process that one system call sets. */
#include <errno.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "sys.h"
#include "teu.h"

/* Largest set of memory nodes, in bytes: the kernel knows 1024 nodes at most. */
#define MAX_NODE_BYTES 512

int op_hostname(struct run *run, const struct step_hostname *step) {
  return sethostname(step->name, strlen(step->name)) < 0 ? fail(run, TEU_SYS_sethostname, errno, step->name) : 0;
}

int op_domainname(struct run *run, const struct step_domainname *step) {
  return setdomainname(step->name, strlen(step->name)) < 0 ? fail(run, TEU_SYS_setdomainname, errno, step->name) : 0;
}

int op_session_keyring(struct run *run, const struct step_session_keyring *step) {
  const char *name = *step->name == '\0' ? NULL : step->name;
  long serial = sys_keyctl(SYS_KEYCTL_JOIN_SESSION_KEYRING, (uintptr_t)name, 0);
  /* No keyrings in this kernel, a seccomp filter around ourselves, or the user's quota is used up. */
  if (serial < 0) return errno == ENOSYS || errno == EPERM || errno == EDQUOT ? 0 : fail(run, TEU_SYS_keyctl, errno, step->name);
  /* All to its possessor; view, read, link and, beyond the default, search to its owner: without that a process that joins the
   * container later would get a keyring of its own in place of this one. It fails for who only joined it, and then it is done. */
  (void)sys_keyctl(SYS_KEYCTL_SETPERM, (uintptr_t)serial, 0x3f1b0000u);
  return 0;
}

int op_setsid(struct run *run, const struct step_setsid *step) {
  (void)step;
  return setsid() < 0 ? fail(run, TEU_SYS_setsid, errno, NULL) : 0;
}

int op_umask(struct run *run, const struct step_umask *step) {
  (void)run;
  set_umask(step->mask & 0777);
  return 0;
}

int op_scheduler(struct run *run, const struct step_scheduler *step) {
  struct sys_sched_attr attributes = {
      .size = sizeof attributes,
      .policy = step->policy,
      .flags = step->flags,
      .nice = step->nice,
      .priority = step->priority,
      .runtime = step->runtime_ns,
      .deadline = step->deadline_ns,
      .period = step->period_ns,
  };
  return sys_sched_setattr_self(&attributes) < 0 ? fail(run, TEU_SYS_sched_setattr, errno, NULL) : 0;
}

int op_io_priority(struct run *run, const struct step_io_priority *step) {
  return sys_ioprio_set_self((int)step->priority) < 0 ? fail(run, TEU_SYS_ioprio_set, errno, NULL) : 0;
}

int op_cpu_affinity(struct run *run, const struct step_cpu_affinity *step) {
  return sys_sched_setaffinity_self(step->mask.data, step->mask.size) < 0 ? fail(run, TEU_SYS_sched_setaffinity, errno, NULL) : 0;
}

int op_memory_policy(struct run *run, const struct step_memory_policy *step) {
  unsigned long nodes[MAX_NODE_BYTES / sizeof(unsigned long)] = {0};
  if (step->nodes.size > sizeof nodes) return fail(run, TEU_SYS_set_mempolicy, EINVAL, NULL);
  if (step->nodes.size > 0) memcpy(nodes, step->nodes.data, step->nodes.size);
  unsigned long bits = step->nodes.size == 0 ? 0 : step->nodes.size * 8ul + 1;
  return sys_set_mempolicy((int)step->mode, bits == 0 ? NULL : nodes, bits) < 0 ? fail(run, TEU_SYS_set_mempolicy, errno, NULL) : 0;
}

int op_personality(struct run *run, const struct step_personality *step) {
  return personality(step->persona) < 0 ? fail(run, TEU_SYS_personality, errno, NULL) : 0;
}

int op_outlive_parent(struct run *run, const struct step_outlive_parent *step) {
  (void)step;
  return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0 ? fail(run, TEU_SYS_prctl, errno, NULL) : 0;
}
