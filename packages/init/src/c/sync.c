#include "sync.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "events.h"
#include "kernel.h"
#include "relay.h"
#include "report.h"

struct sync_message {
  uint32_t kind, value;
};

union descriptor_space {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

int sync_open(struct run *run, int *other) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return fail(run, TEU_SYS_socket, errno, NULL);
  run->sync_fd = ends[0];
  *other = ends[1];
  return 0;
}

int sync_send(struct run *run, enum sync_kind kind, uint32_t value, int fd) {
  struct sync_message message = {kind, value};
  struct iovec data = {&message, sizeof message};
  union descriptor_space space = {0};
  struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1};
  if (fd >= 0) {
    header.msg_control = space.bytes;
    header.msg_controllen = sizeof space.bytes;
    struct cmsghdr *control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(control), &fd, sizeof fd);
  }
  return RETRY(sendmsg(run->sync_fd, &header, MSG_NOSIGNAL)) < 0 ? -1 : 0;
}

static int descriptor_of(struct msghdr *header) {
  int fd = -1;
  struct cmsghdr *control = CMSG_FIRSTHDR(header);
  if (control != NULL && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS &&
      control->cmsg_len == CMSG_LEN(sizeof fd))
    memcpy(&fd, CMSG_DATA(control), sizeof fd);
  return fd;
}

static void note(struct run *run, const struct sync_message *message, int fd) {
  struct sync_state *sync = &run->sync;
  switch ((enum sync_kind)message->kind) {
  case SYNC_SIGNAL:
    if (sync->signal_count < sizeof sync->signals / sizeof sync->signals[0]) sync->signals[sync->signal_count++] = message->value;
    break;
  case SYNC_CHILD:
    run->child = (pid_t)message->value;
    break;
  case SYNC_ASK:
    sync->asked = true;
    sync->asked_step = message->value;
    sync->asked_fd = fd;
    return;
  case SYNC_ANSWER:
    sync->answered = true;
    sync->answer = message->value;
    break;
  case SYNC_GATE:
    sync->at_gate = true;
    break;
  case SYNC_FAILED:
    sync->failed = true;
    break;
  }
  if (fd >= 0) (void)close(fd);
}

bool sync_receive(struct run *run, bool wait) {
  if (run->sync_fd < 0 || run->sync.ended) return false;
  struct sync_message message = {0};
  struct iovec data = {&message, sizeof message};
  union descriptor_space space = {0};
  struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
  ssize_t size = RETRY(recvmsg(run->sync_fd, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT)));
  if (size < 0 && errno == EAGAIN) return false;
  if (size != (ssize_t)sizeof message) { /* the end, or a line that cannot be used any more */
    run->sync.ended = true;
    return false;
  }
  note(run, &message, descriptor_of(&header));
  return true;
}

bool program_started(const struct run *run) {
  return run->sync.ended && !run->sync.failed && __atomic_load_n(&run->progress->execs, __ATOMIC_ACQUIRE) == 1;
}

bool parent_is_gone(const struct run *run) {
  char byte;
  return RETRY(recv(run->sync_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT)) == 0;
}

/* The parent's part of a container step. Takes over `fd`. */
static int parent_part(struct run *run, const struct teu_step *step, int fd) {
  AUTO_CLOSE int descriptor = fd;
  if (step->op == TEU_OP_SECCOMP_NOTIFY && fd >= 0) return parent_seccomp_notify(run, &step->u.seccomp_notify, fd);
  if (step->op == TEU_OP_GIVE && fd >= 0) {
    descriptor = -1;
    if (slot_put(run, step->u.give.slot, fd) < 0) return -1;
    relay_size_ahead(run, step->u.give.slot);
    return 0;
  }
  return fail(run, TEU_SYS_sync, EPROTO, NULL);
}

void sync_help(struct run *run) {
  struct sync_state *sync = &run->sync;
  if (!sync->asked || run->child == 0) return; /* the joiner's word about the pid may come second */
  sync->asked = false;
  uint32_t answer = 0;
  if (sync->asked_step >= run->plan->count) {
    if (sync->asked_fd >= 0) (void)close(sync->asked_fd);
    answer = EPROTO | (uint32_t)TEU_SYS_sync << 16;
  } else if (parent_part(run, &run->plan->steps[sync->asked_step], sync->asked_fd) < 0) {
    answer = (uint32_t)run->failed_errno | (uint32_t)run->failed_syscall << 16;
  }
  (void)sync_send(run, SYNC_ANSWER, answer, -1);
}

int ask_parent(struct run *run, int fd) {
  if (sync_send(run, SYNC_ASK, run->step->index, fd) < 0) return fail(run, TEU_SYS_sync, errno, NULL);
  while (!run->sync.answered)
    if (!sync_receive(run, true)) end_process(1); /* the parent is gone or gives up, and says why itself */
  run->sync.answered = false;
  uint32_t answer = run->sync.answer;
  return answer == 0 ? 0 : fail(run, (enum teu_syscall)(answer >> 16), (int)(answer & 0xffff), NULL);
}

int op_signal(struct run *run, const struct step_signal *step) {
  /* when the other side is gone the next wait, or the end of the stage, says so with its reason */
  (void)sync_send(run, SYNC_SIGNAL, step->n, -1);
  return 0;
}

int op_wait(struct run *run, const struct step_wait *step) {
  struct sync_state *sync = &run->sync;
  while (sync->signal_count == 0) {
    if (run->stage == TEU_STAGE_PARENT) {
      if (await_child(run) < 0) return -1;
    } else if (!sync_receive(run, true)) {
      end_process(1);
    }
  }
  uint32_t n = sync->signals[0];
  sync->signal_count--;
  memmove(sync->signals, sync->signals + 1, sync->signal_count * sizeof sync->signals[0]);
  return n == step->n ? 0 : fail(run, TEU_SYS_sync, EPROTO, NULL);
}
