#include "spare.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "identity.h"
#include "io.h"
#include "kernel.h"

/* A message has to fit into a socket's buffer as a whole (socket(7): net.core.wmem_default is 208 KiB). */
#define MAX_ASSIGNMENT_BYTES 65536

/* What stands before the plan in the message. The descriptors of the pipes come with it, in the same order. */
struct assignment_head {
  struct request_header header;
  uint32_t pipe_count;
  struct {
    uint32_t slot, flags;
  } pipes[MAX_PIPES];
};

union descriptor_space {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(MAX_PIPES * sizeof(int))];
};

bool spare_fork(struct spare *spare, int *other) {
  int ends[2];
  struct sys_clone_args args = {.exit_signal = SIGCHLD};
  /* non-blocking: a plan that does not listen must not hold up the others */
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) return false;
  pid_t pid = sys_clone3(&args);
  (void)close(ends[pid == 0 ? 0 : 1]);
  if (pid < 0) (void)close(ends[0]);
  *spare = pid > 0 ? (struct spare){.pid = pid, .line = ends[0]} : (struct spare){.line = -1};
  *other = ends[1];
  return pid == 0;
}

int spare_network(struct run *run, int *network) {
  *network = -1;
  int proc = host_proc(run);
  if (proc < 0) return 0;
  AUTO_CLOSE int own = openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0 || unshare(CLONE_NEWNET) < 0) return 0;
  *network = openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
  const struct step_link_up loopback = {.name = "lo"}; /* plans that need it have the step too: doing it twice is no harm */
  (void)op_link_up(run, &loopback);
  return setns(own, CLONE_NEWNET) < 0 ? fail(run, TEU_SYS_setns, errno, NULL) : 0;
}

static void await_line(int line) {
  struct pollfd news = {.fd = line, .events = POLLIN};
  if (RETRY(poll(&news, 1, -1)) < 0) _exit(1);
}

static void take_descriptors(struct msghdr *message, struct assignment *assignment) {
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  size_t count = assignment->pipe_count;
  if (count == 0) return;
  if (control == NULL || control->cmsg_type != SCM_RIGHTS || control->cmsg_len != CMSG_LEN(count * sizeof(int))) _exit(1);
  for (size_t i = 0; i < count; i++) memcpy(&assignment->pipes[i].fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
}

int spare_wait(struct run *run, int line, struct assignment *assignment, int *network) {
  (void)prctl(PR_SET_NAME, "teu:spare", 0, 0, 0);
  int result = spare_network(run, network);
  static uint8_t body[MAX_ASSIGNMENT_BYTES]; /* untouched pages cost nothing, and there is nothing that could fail */
  struct assignment_head head;
  struct iovec parts[] = {{&head, sizeof head}, {body, sizeof body}};
  union descriptor_space space = {0};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
  await_line(line);
  ssize_t size = RETRY(recvmsg(line, &message, MSG_CMSG_CLOEXEC));
  if (size < (ssize_t)sizeof head || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) _exit(0); /* the line's end: not needed */
  *assignment = (struct assignment){
      .request = {.header = head.header, .body = body, .size = (size_t)size - sizeof head},
      .pipe_count = head.pipe_count < MAX_PIPES ? head.pipe_count : MAX_PIPES,
  };
  for (unsigned i = 0; i < assignment->pipe_count; i++)
    assignment->pipes[i] = (struct kept_pipe){head.pipes[i].slot, head.pipes[i].flags, -1};
  take_descriptors(&message, assignment);
  return result;
}

int spare_assign(struct spare *spare, const struct request *request, const struct kept_pipe *pipes, unsigned count) {
  if (spare->pid == 0 || request->size > MAX_ASSIGNMENT_BYTES) return -1;
  struct assignment_head head = {.header = request->header, .pipe_count = count};
  union descriptor_space space = {0};
  struct iovec parts[] = {{&head, sizeof head}, {request->body, request->size}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  if (count > 0) {
    message.msg_control = space.bytes;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (unsigned i = 0; i < count; i++) memcpy(CMSG_DATA(control) + i * sizeof(int), &pipes[i].fd, sizeof(int));
  }
  for (unsigned i = 0; i < count; i++) {
    head.pipes[i].slot = pipes[i].slot;
    head.pipes[i].flags = pipes[i].flags;
  }
  if (RETRY(sendmsg(spare->line, &message, MSG_NOSIGNAL)) < 0) {
    spare_drop(spare);
    return -1;
  }
  int line = spare->line;
  *spare = (struct spare){.line = -1};
  return line;
}

void spare_drop(struct spare *spare) {
  if (spare->line >= 0) (void)close(spare->line);
  *spare = (struct spare){.line = -1};
}

void spare_reap(struct spare *spare) {
  pid_t pid = spare->pid;
  spare_drop(spare);
  /* SIGCHLD is ignored in a spawner: this fails with ECHILD when the process has ended. */
  if (pid > 0) (void)RETRY(waitpid(pid, NULL, 0));
}
