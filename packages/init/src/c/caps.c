/* Who the program is and what it may do. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sys.h"
#include "teu.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

int op_no_new_privs(struct run *run, const struct step_no_new_privs *step) {
  (void)step;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(run, TEU_SYS_prctl, errno, NULL) : 0;
}

int op_bounding_caps(struct run *run, const struct step_bounding_caps *step) {
  for (unsigned long capability = 0; capability < 64; capability++) {
    if ((step->keep >> capability & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) break; /* the kernel knows no more of them */
    int errnum = errno;
    /* without CAP_SETPCAP: what is gone already need not be dropped */
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 0) return fail(run, TEU_SYS_prctl, errnum, NULL);
  }
  return 0;
}

int op_user(struct run *run, const struct step_user *step) {
  int death_signal = 0;
  if (step->set_groups && sys_setgroups(step->groups.items, step->groups.count) < 0) {
    return fail(run, TEU_SYS_setgroups, errno, NULL);
  }
  if (sys_setgid_all(step->gid) < 0) return fail(run, TEU_SYS_setresgid, errno, NULL);
  /* A change of user empties the permitted set and forgets the parent-death signal; the steps to come need the one and our creator
   * relies on the other. */
  if (prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  if (sys_setuid_all(step->uid) < 0) return fail(run, TEU_SYS_setresuid, errno, NULL);
  if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  if (death_signal != 0 && prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal, 0, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  return 0;
}

int op_capabilities(struct run *run, const struct step_capabilities *step) {
  struct sys_capability_set set = {step->effective, step->permitted, step->inheritable};
  if (sys_capset(&set) < 0) return fail(run, TEU_SYS_capset, errno, NULL);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  for (unsigned long capability = 0; capability < 64; capability++) {
    if ((step->ambient >> capability & 1) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return fail(run, TEU_SYS_prctl, errno, NULL);
  }
  return 0;
}
