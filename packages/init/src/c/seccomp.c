/* Filters, and handing the notification descriptor of one to its supervisor. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "io.h"
#include "report.h"
#include "sys.h"
#include "teu.h"

#define INSTRUCTION 8u
#define MAX_INSTRUCTIONS 4096u /* BPF_MAXINSNS */
#define NOT_YET (-1)
#define NO_LISTENER (-2)
#define HANDOVER_SECONDS 10

/* From the moment it is in force the filter is in force for us too: it may forbid what the handover needs, or ask the supervisor about
 * it, who has not got the descriptor yet. So a child that has no filter does the handover. It shares our table of descriptors; the
 * number of the new one, and the result, travel through shared memory, which takes no system call. */
struct handover {
  _Atomic int listener; /* NOT_YET, NO_LISTENER or the descriptor */
  _Atomic int done;
  int errnum;           /* written before `done`, as is the next one */
  struct sync_state sync; /* a message for us that the child has met on the line */
};

static const struct teu_step *notify_step(const struct run *run, int32_t listener) {
  const struct teu_step *end = run->plan->steps + run->plan->count;
  for (const struct teu_step *step = run->step + 1; step < end; step++) {
    if (step->op == TEU_OP_SECCOMP_NOTIFY && step->u.seccomp_notify.listener == listener) return step;
  }
  return NULL;
}

static void pause_for(long nanoseconds) {
  struct timespec time = {.tv_nsec = nanoseconds};
  (void)nanosleep(&time, NULL);
}

/* The child: waits for the word that the filter is about to be set, then for the descriptor, and has the parent stage send it. */
static _Noreturn void hand_over(struct run *run, struct handover *handover, const struct teu_step *step, int go, pid_t parent) {
  char word;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent || RETRY(read(go, &word, 1)) != 1) _exit(1);
  int listener;
  /* It is a matter of microseconds now, and there is nothing to wait on: the other side can make no system call. */
  while ((listener = atomic_load(&handover->listener)) == NOT_YET) pause_for(20000);
  if (listener >= 0) {
    run->step = step;
    handover->errnum = ask_parent(run, listener) < 0 ? run->failed_errno : 0;
    handover->sync = run->sync;
  }
  atomic_store(&handover->done, 1);
  _exit(0);
}

/* waitid(2) is the pleasant way, but the filter may refuse even that. */
static void await(struct handover *handover, pid_t helper) {
  int status;
  while (waitpid(helper, &status, __WALL) < 0) {
    if (errno == EINTR) continue;
    uint64_t end = monotonic_ns() + 2 * HANDOVER_SECONDS * UINT64_C(1000000000); /* the clock takes no system call */
    while (!atomic_load(&handover->done) && monotonic_ns() < end) continue;
    return;
  }
}

static int set_filter(const struct step_seccomp *step, unsigned flags) {
  struct sys_sock_fprog program = {.count = (uint16_t)(step->program.size / INSTRUCTION), .filter = step->program.data};
  return sys_seccomp_filter(step->flags | flags, &program);
}

static int set_filter_and_hand_over(struct run *run, const struct step_seccomp *step, const struct teu_step *notify) {
  struct handover *handover = mmap(NULL, sizeof *handover, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (handover == MAP_FAILED) return fail(run, TEU_SYS_mmap, errno, NULL);
  atomic_init(&handover->listener, NOT_YET);
  int go[2];
  if (pipe2(go, O_CLOEXEC) < 0) return fail(run, TEU_SYS_pipe, errno, NULL);
  pid_t self = getpid();
  struct sys_clone_args how = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};
  pid_t helper = sys_clone3(&how);
  if (helper < 0) return fail(run, TEU_SYS_clone3, errno, NULL);
  if (helper == 0) hand_over(run, handover, notify, go[0], self);
  if (RETRY(write(go[1], "", 1)) != 1) return fail(run, TEU_SYS_write, errno, NULL);
  int listener = set_filter(step, SYS_SECCOMP_FILTER_FLAG_NEW_LISTENER);
  int errnum = errno;
  atomic_store(&handover->listener, listener < 0 ? NO_LISTENER : listener);
  await(handover, helper);
  /* All of these are close-on-exec already: should the filter refuse to close them, exec still does. */
  (void)close(go[0]);
  (void)close(go[1]);
  if (listener < 0) return fail(run, TEU_SYS_seccomp, errnum, NULL);
  (void)close(listener);
  if (!atomic_load(&handover->done)) return fail(run, TEU_SYS_sendmsg, ECHILD, NULL);
  run->sync = handover->sync;
  return handover->errnum != 0 ? fail(run, TEU_SYS_sendmsg, handover->errnum, NULL) : 0;
}

int op_seccomp(struct run *run, const struct step_seccomp *step) {
  if (step->program.size == 0 || step->program.size % INSTRUCTION != 0 || step->program.size / INSTRUCTION > MAX_INSTRUCTIONS) {
    return fail(run, TEU_SYS_seccomp, EINVAL, NULL);
  }
  if (!run->filtered && sys_close_range(3, UINT32_MAX, CLOSE_RANGE_CLOEXEC) < 0) return fail(run, TEU_SYS_close_range, errno, NULL);
  run->filtered = true;
  if (step->listener == TEU_NO_SLOT) return set_filter(step, 0) < 0 ? fail(run, TEU_SYS_seccomp, errno, NULL) : 0;
  const struct teu_step *notify = notify_step(run, step->listener);
  if (notify != NULL) return set_filter_and_hand_over(run, step, notify);
  int listener = set_filter(step, SYS_SECCOMP_FILTER_FLAG_NEW_LISTENER);
  return listener < 0 ? fail(run, TEU_SYS_seccomp, errno, NULL) : slot_put(run, step->listener, listener);
}

/* The handover has been made by the seccomp step that goes with this one; the descriptor never was in its slot. */
int op_seccomp_notify(struct run *run, const struct step_seccomp_notify *step) {
  bool handed_over = step->listener == TEU_NO_SLOT || run->slots[step->listener] < 0;
  return handed_over ? 0 : ask_parent(run, run->slots[step->listener]);
}

static struct iovec part(const struct teu_bytes *bytes) { return (struct iovec){(void *)(uintptr_t)bytes->data, bytes->size}; }

/* `<head><pid><middle><pid><tail>` and the descriptor in one message: the receiver must get both at once. */
int parent_seccomp_notify(struct run *run, const struct step_seccomp_notify *step, int listener) {
  int socket = slot_get(run, step->socket);
  if (socket < 0) return -1;
  char buffer[21];
  char *pid = decimal((uint64_t)run->child, buffer);
  size_t digits = strlen(pid);
  struct iovec parts[] = {part(&step->head), {pid, digits}, part(&step->middle), {pid, digits}, part(&step->tail)};
  size_t size = step->head.size + digits + step->middle.size + digits + step->tail.size;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 5, .msg_control = &control, .msg_controllen = sizeof control.space};
  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN(sizeof listener);
  memcpy(CMSG_DATA(&control.header), &listener, sizeof listener);
  /* A supervisor that does not read must not hold up the container for ever. */
  struct timeval patience = {.tv_sec = HANDOVER_SECONDS};
  if (setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0) return fail(run, TEU_SYS_sendmsg, errno, NULL);
  ssize_t sent = RETRY(sendmsg(socket, &message, MSG_NOSIGNAL));
  int errnum = sent >= 0 ? EMSGSIZE : errno == EAGAIN ? ETIMEDOUT : errno;
  if (sent != (ssize_t)size) return fail(run, TEU_SYS_sendmsg, errnum, NULL);
  slot_close(run, step->socket);
  return 0;
}
