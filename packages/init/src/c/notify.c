/* sd_notify(3) for a container: its program writes to a socket of ours, and what concerns readiness goes on to the caller's manager. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel.h"
#include "sys.h"
#include "teu.h"

#define BARRIER_TIMEOUT_MS 30000
/* The plan of a notify_proxy has no other steps, so any slot is free. */
#define PROCESS_SLOT 0

/* Binds or connects a datagram socket. The name may be longer than a socket address: then it is reached through its directory. An
 * abstract name ('@') is only connected to. */
static int socket_at(struct run *run, const char *path, bool listen) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(run, TEU_SYS_socket, errno, path);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t length = (socklen_t)sizeof address;
  int home = -1;
  const char *name = path;
  const char *slash = strrchr(path, '/');
  if (strlen(path) >= sizeof address.sun_path && slash) {
    char directory[4096];
    size_t size = (size_t)(slash - path);
    if (size >= sizeof directory) goto too_long;
    memcpy(directory, path, size);
    directory[size] = '\0';
    home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (home < 0 || chdir(directory) != 0) goto failed;
    name = slash + 1;
  }
  if (strlen(name) >= sizeof address.sun_path) goto too_long;
  strcpy(address.sun_path, name);
  if (name[0] == '@') {
    address.sun_path[0] = '\0';
    length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
  }
  int result = listen ? bind(fd, (struct sockaddr *)&address, length) : connect(fd, (struct sockaddr *)&address, length);
  if (result == 0 && listen) result = chmod(name, 0777); /* any user of the container may report */
  if (result != 0) goto failed;
  if (home >= 0) {
    if (fchdir(home) != 0) goto failed;
    close(home);
  }
  return fd;

too_long:
  errno = ENAMETOOLONG;
failed:;
  int error = errno;
  if (home >= 0) {
    (void)!fchdir(home);
    close(home);
  }
  close(fd);
  return fail(run, listen ? TEU_SYS_socket : TEU_SYS_connect, error, path);
}

/* The line of a datagram that begins with READY=, without its newline; 0 when there is none. */
static size_t ready_line(const char *text, size_t size, const char **line) {
  for (const char *start = text, *end = text + size; start < end;) {
    const char *newline = memchr(start, '\n', (size_t)(end - start));
    const char *stop = newline ? newline : end;
    if ((size_t)(stop - start) > 6 && memcmp(start, "READY=", 6) == 0) {
      *line = start;
      return (size_t)(stop - start);
    }
    start = stop + 1;
  }
  return 0;
}

/* Tells the manager to close the pipe when it has seen everything before, and waits for that: only then may this process end, since
 * systemd looks up the sender of a message by its pid. */
static void barrier(int manager) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return;
  char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
  char word[] = "BARRIER=1";
  struct iovec text = {.iov_base = word, .iov_len = sizeof word - 1};
  struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &pipe_fds[1], sizeof(int));
  bool sent = sendmsg(manager, &message, MSG_NOSIGNAL) >= 0;
  close(pipe_fds[1]);
  struct pollfd closed = {.fd = pipe_fds[0], .events = POLLIN};
  if (sent) (void)poll(&closed, 1, BARRIER_TIMEOUT_MS);
  close(pipe_fds[0]);
}

static int forward_ready(struct run *run, const struct step_notify_proxy *step, const char *line, size_t length) {
  int manager = socket_at(run, step->forward, false);
  if (manager < 0) return -1;
  char pid[32];
  int pid_length = snprintf(pid, sizeof pid, "MAINPID=%u", step->pid);
  if (send(manager, line, length, MSG_NOSIGNAL) < 0 || send(manager, pid, (size_t)pid_length, MSG_NOSIGNAL) < 0) {
    int error = errno;
    close(manager);
    return fail(run, TEU_SYS_sendmsg, error, step->forward);
  }
  barrier(manager);
  close(manager);
  return 0;
}

/* Reads datagrams until one says READY= or the process is gone. */
static int wait_until_ready(struct run *run, const struct step_notify_proxy *step, int listener, int process) {
  for (;;) {
    struct pollfd waits[3] = {{.fd = listener, .events = POLLIN}, {.fd = process, .events = POLLIN}, {.fd = run->control_fd, .events = POLLIN}};
    if (poll(waits, 3, -1) < 0) {
      if (errno == EINTR) continue;
      return fail(run, TEU_SYS_poll, errno, step->path);
    }
    if (waits[0].revents & POLLIN) {
      char text[4096];
      ssize_t size = recv(listener, text, sizeof text, MSG_DONTWAIT);
      const char *line = NULL;
      size_t length = size > 0 ? ready_line(text, (size_t)size, &line) : 0;
      if (length > 0) return forward_ready(run, step, line, length);
      continue; /* what was sent before the death is read before the death is acted upon */
    }
    if (waits[1].revents) return fail(run, TEU_SYS_waitid, ESRCH, NULL);
    if (waits[2].revents) return fail(run, TEU_SYS_poll, ECANCELED, NULL);
  }
}

int op_notify_proxy(struct run *run, const struct step_notify_proxy *step) {
  const struct step_open_pidfd opening = {.slot = PROCESS_SLOT, .pid = step->pid, .start_time = step->start_time};
  if (op_open_pidfd(run, &opening) != 0) return -1;
  int process = slot_get(run, PROCESS_SLOT);
  int listener = socket_at(run, step->path, true);
  int result = listener < 0 ? -1 : send_event(run, 0);
  if (result == 0) result = wait_until_ready(run, step, listener, process);
  if (listener >= 0) {
    close(listener);
    (void)unlink(step->path);
  }
  slot_close(run, PROCESS_SLOT);
  return result;
}
