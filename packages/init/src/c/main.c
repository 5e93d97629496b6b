/*
 * teu-init: executes plans. It decides nothing: what is done, and in which order, comes compiled over a descriptor (protocol.md), and
 * what happened goes back as frames. The stages of a plan, and the processes that run them:
 *
 *   caller ──request──▶ [parent] ──clone──▶ [container] ──execve──▶ the program
 *                          │ └─(if there are joiner steps) [joiner] ──clone(CLONE_PARENT)──▶ [container] ──execve──▶ the program
 *                          └─ `supervise`: stays until the program has ended, then runs the `after` steps
 *                             `detach`:    ends when the program runs, or waits at the gate
 *
 *   main.c      modes, state of the process            stages.c     steps of a stage, failure, undo (undo.c)
 *   seal.c      copy that nobody can change            clone.c      parent → joiner → container
 *   spawner.c   plan after plan                        exec.c       the gate, the program
 *   protocol.c, decode.c   requests                    supervise.c  staying, pty (relay.c)
 *   report.c    frames, failures, slots                sync.c, events.c   who talks to whom
 *
 * The other files are the operations, by subject.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "io.h"
#include "kernel.h"
#include "protocol.h"
#include "report.h"
#include "seal.h"
#include "spare.h"
#include "spawner.h"

/* Descriptors that the caller has prepared. */
#define REQUEST_FD 3
#define ONCE_STATUS_FD 4
#define ONCE_CONTROL_FD 5

static void do_nothing(int number) { (void)number; }

/* 0-2 are always something, or the next file that is opened would be the program's standard input. */
static int fill_standard_descriptors(void) {
  struct pollfd standard[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
  if (poll(standard, 3, 0) < 0) return errno;
  for (int fd = 0; fd < 3; fd++)
    if ((standard[fd].revents & POLLNVAL) != 0 && open("/dev/null", O_RDWR) != fd) return EBADF;
  return 0;
}

/* The program starts as if nobody had touched its signals: what the caller ignores or blocks would be inherited. */
static void reset_signals(void) {
  sigset_t none;
  struct sigaction quiet = {.sa_handler = do_nothing};
  for (int number = 1; number < NSIG; number++) (void)signal(number, SIG_DFL);
  (void)sigaction(SIGPIPE, &quiet, NULL); /* a handler, since execve takes it away again: writes say EPIPE */
  (void)sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Says why nothing can be done, in a frame without tag. */
static int refuse(int status_fd, enum teu_syscall syscall, int errnum) {
  struct run run;
  init_run(&run, status_fd);
  report_without_step(&run, syscall, errnum, NULL);
  report_done(&run, 0);
  return 1;
}

/* The plan, which comes over the control channel when the caller does not have it yet: then it may ask first for what can be made ahead.
 * 0, an errno, or -1 after fail(). */
static int await_plan(struct run *run, struct request *request) {
  for (;;) {
    int error = read_request(ONCE_CONTROL_FD, request);
    if (error != 0 || !is_understood(&request->header) || request->header.kind != TEU_REQUEST_SPARE) return error;
    if (run->network_fd < 0 && spare_network(run, &run->network_fd) < 0) return -1;
    free_request(request);
  }
}

static int run_once(bool ahead) {
  struct run run;
  struct request request = {0};
  init_run(&run, ONCE_STATUS_FD);
  run.once = true;
  if (fcntl(ONCE_CONTROL_FD, F_GETFD) >= 0) run.control_fd = ONCE_CONTROL_FD;
  int error = ahead ? await_plan(&run, &request) : read_request(REQUEST_FD, &request);
  if (!ahead) (void)close(REQUEST_FD);
  if (ahead && error == ENODATA) return 0; /* there is no plan after all */
  run.tag = request.header.tag;
  send_frame(&run, TEU_FRAME_HELLO, STEPS_SCHEMA, (uint64_t)getpid(), NULL, 0);
  if (error == 0) return run_request(&run, &request);
  if (error < 0) {
    report_failure(&run);
    report_done(&run, 0);
    return 1;
  }
  report_without_step(&run, TEU_SYS_decode, error, NULL);
  report_done(&run, 0);
  return 1;
}

int main(int argc, char *argv[]) {
  bool ahead = argc == 2 && strcmp(argv[1], "ahead") == 0;
  bool once = ahead || (argc == 2 && strcmp(argv[1], "once") == 0);
  bool spawner = argc == 2 && strcmp(argv[1], "spawner") == 0;
  int request_fd = ahead ? ONCE_CONTROL_FD : REQUEST_FD, status_fd = once ? ONCE_STATUS_FD : REQUEST_FD;
  if (fill_standard_descriptors() != 0) return 2;
  if ((!once && !spawner) || fcntl(request_fd, F_GETFD) < 0 || fcntl(status_fd, F_GETFD) < 0) {
    static const char usage[] = "teu-init is a part of teu and is started by it\n";
    (void)!write(2, usage, sizeof usage - 1);
    return 2;
  }
  int syscall;
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return refuse(status_fd, TEU_SYS_prctl, errno);
  int error = run_sealed(argv, &syscall);
  if (error != 0) return refuse(status_fd, (enum teu_syscall)syscall, error);
  reset_signals();
  set_umask(022);
  if (sys_close_range(3, UINT32_MAX, CLOSE_RANGE_CLOEXEC) < 0) return refuse(status_fd, TEU_SYS_close_range, errno);
  (void)fcntl(status_fd, F_SETFL, fcntl(status_fd, F_GETFL) | O_NONBLOCK); /* a caller that does not read must not stop us */
  return once ? run_once(ahead) : serve_requests(REQUEST_FD);
}
