/* Handing descriptors to the caller's sockets. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "io.h"
#include "kernel.h"
#include "report.h"

/* A listener that never accepts is not waited for longer. */
#define PEER_PATIENCE_S 10

/* The socket's file is opened first, and reached through that descriptor: its path may be longer than an address can be. */
int op_connect(struct run *run, const struct step_connect *step) {
  AUTO_CLOSE int file = (int)RETRY(open(step->path, O_PATH | O_CLOEXEC));
  if (file < 0) return fail(run, TEU_SYS_open, errno, step->path);
  AUTO_CLOSE int fd = socket(AF_UNIX, (int)step->type | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(run, TEU_SYS_socket, errno, step->path);
  struct timeval patience = {.tv_sec = PEER_PATIENCE_S};
  if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0) return fail(run, TEU_SYS_socket, errno, step->path);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char digits[21];
  (void)stpcpy(stpcpy(address.sun_path, "/proc/self/fd/"), decimal((uint64_t)file, digits));
  if (RETRY(connect(fd, (struct sockaddr *)&address, sizeof address)) < 0)
    return fail(run, TEU_SYS_connect, errno == EAGAIN ? ETIMEDOUT : errno, step->path);
  int connected = fd;
  fd = -1;
  return slot_put(run, step->slot, connected);
}

/* Sends one message with the descriptor, and closes the socket: the receiver gets this and the end. */
static int send_with_fd(struct run *run, int32_t socket_slot, int fd, const struct teu_bytes *payload) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } space = {0};
  int socket_fd = slot_get(run, socket_slot);
  if (socket_fd < 0) return -1;
  struct iovec data = {(void *)(uintptr_t)payload->data, payload->size};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
  struct cmsghdr *control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(control), &fd, sizeof fd);
  ssize_t size = RETRY(sendmsg(socket_fd, &message, MSG_NOSIGNAL));
  int error = size < 0 ? (errno == EAGAIN ? ETIMEDOUT : errno) : size == (ssize_t)payload->size ? 0 : EMSGSIZE;
  slot_close(run, socket_slot);
  return error == 0 ? 0 : fail(run, TEU_SYS_sendmsg, error, NULL);
}

int op_send_fd(struct run *run, const struct step_send_fd *step) {
  int fd = slot_get(run, step->fd);
  return fd < 0 ? -1 : send_with_fd(run, step->socket, fd, &step->payload);
}

int op_send_pidfd(struct run *run, const struct step_send_pidfd *step) {
  if (run->child_pidfd < 0) return fail(run, TEU_SYS_pidfd_open, ESRCH, NULL);
  return send_with_fd(run, step->socket, run->child_pidfd, &step->payload);
}
