#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "events.h"
#include "io.h"
#include "kernel.h"
#include "report.h"

/* The end of what a helper writes is what says why it failed. Must fit into run->detail with the sentence before it. */
#define KEPT_OUTPUT 1920
/* More than a pipe of default size can hold, pipe(7). */
#define PIPE_CAPACITY 131072

struct output {
  size_t size;
  char text[KEPT_OUTPUT + 1];
};

struct running {
  pid_t pid;
  int pidfd, input, output, exec_error; /* our ends */
};

enum { READ_END, WRITE_END };

/* In the helper's process: descriptors 0-2, nothing else, then the program. What fails is written to `error` as call and errno. */
static _Noreturn void become_helper(const struct helper *helper, int input, int output, int error) {
  sigset_t none;
  (void)sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  (void)setpgid(0, 0); /* a timeout ends all that it has started */
  int failed[2] = {TEU_SYS_dup3, 0};
  bool placed = dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0;
  if (placed) {
    failed[0] = TEU_SYS_chdir;
    if (helper->cwd[0] == '\0' || chdir(helper->cwd) == 0) {
      failed[0] = TEU_SYS_close_range;
      if (sys_close_range(3, UINT32_MAX, CLOSE_RANGE_CLOEXEC) == 0) {
        failed[0] = TEU_SYS_execve;
        (void)execve(helper->path, helper->args, helper->env);
      }
    }
  }
  failed[1] = errno;
  (void)!write(error, failed, sizeof failed);
  end_process(127);
}

static int start(struct run *run, const struct helper *helper, struct running *running) {
  int input[2], output[2], error[2], pidfd = -1;
  if (pipe2(input, O_CLOEXEC) < 0) return fail(run, TEU_SYS_pipe, errno, NULL);
  AUTO_CLOSE int input_read = input[READ_END];
  AUTO_CLOSE int input_write = input[WRITE_END];
  if (pipe2(output, O_CLOEXEC) < 0) return fail(run, TEU_SYS_pipe, errno, NULL);
  AUTO_CLOSE int output_read = output[READ_END];
  AUTO_CLOSE int output_write = output[WRITE_END];
  if (pipe2(error, O_CLOEXEC) < 0) return fail(run, TEU_SYS_pipe, errno, NULL);
  AUTO_CLOSE int error_read = error[READ_END];
  AUTO_CLOSE int error_write = error[WRITE_END];
  struct sys_clone_args args = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
  pid_t pid = sys_clone3(&args);
  if (pid < 0) return fail(run, TEU_SYS_fork, errno, helper->path);
  if (pid == 0) become_helper(helper, input_read, output_write, error_write);
  *running = (struct running){pid, pidfd, input_write, output_read, error_read};
  input_write = output_read = error_read = -1;
  /* a helper that does not read, or writes without end, must not hold us up */
  (void)fcntl(running->input, F_SETFL, O_NONBLOCK);
  (void)fcntl(running->output, F_SETFL, O_NONBLOCK);
  return 0;
}

static void close_end(int *fd) {
  if (*fd >= 0) (void)close(*fd);
  *fd = -1;
}

static void keep_tail(struct output *output, const char *text, size_t size) {
  if (size > KEPT_OUTPUT) {
    text += size - KEPT_OUTPUT;
    size = KEPT_OUTPUT;
  }
  size_t overflow = output->size + size > KEPT_OUTPUT ? output->size + size - KEPT_OUTPUT : 0;
  memmove(output->text, output->text + overflow, output->size - overflow);
  output->size -= overflow;
  memcpy(output->text + output->size, text, size);
  output->size += size;
}

/* Takes a part of what is there. Returns its size, 0 at the end, -1 when there is nothing now. */
static ssize_t take_output(int fd, struct output *output) {
  char chunk[4096];
  ssize_t size = RETRY(read(fd, chunk, sizeof chunk));
  if (size > 0) keep_tail(output, chunk, (size_t)size);
  return size < 0 && errno != EAGAIN ? 0 : size;
}

/* What the pipe still holds after the helper's end. Its own children may have it open and go on writing: they are not waited for. */
static void drain(int fd, struct output *output) {
  size_t left = PIPE_CAPACITY;
  for (ssize_t size; fd >= 0 && (size = take_output(fd, output)) > 0 && (size_t)size < left;) left -= (size_t)size;
}

struct input {
  const struct teu_bytes *piece, *end;
  size_t done; /* of the first piece */
};

/* Writes what fits now; false when all is written, or the helper does not want it. */
static bool give_input(int fd, struct input *input) {
  while (input->piece < input->end && input->done == input->piece->size) {
    input->piece++;
    input->done = 0;
  }
  if (input->piece == input->end) return false;
  ssize_t size = RETRY(write(fd, input->piece->data + input->done, input->piece->size - input->done));
  if (size < 0) return errno == EAGAIN;
  input->done += (size_t)size;
  return true;
}

/* Serves the helper until it ends or must end; the latter is noted by fail(). */
static int serve(struct run *run, const struct helper *helper, struct running *running, struct output *output) {
  uint64_t deadline = helper->timeout_ms == 0 ? 0 : monotonic_ns() + helper->timeout_ms * 1000000ull;
  struct input input = {helper->input, helper->input + helper->input_count, 0};
  for (;;) {
    struct pollfd events[] = {
        {.fd = running->pidfd, .events = POLLIN},
        {.fd = running->output, .events = POLLIN},
        {.fd = running->input, .events = POLLOUT},
    };
    if (wait_event(run, events, 3, ms_until(deadline)) < 0 || check_cancelled(run) < 0) return -1;
    if (events[1].revents != 0 && take_output(running->output, output) == 0) close_end(&running->output);
    if (events[2].revents != 0 && !give_input(running->input, &input)) close_end(&running->input);
    if (events[0].revents != 0) return 0;
    if (deadline != 0 && ms_until(deadline) == 0) return fail(run, TEU_SYS_hook, ETIMEDOUT, helper->path);
  }
}

static const char *signal_name(int number, char digits[21]) {
  static const char *const names[] = {
      [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP",
      [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1",
      [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2", [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
      [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ", [SIGSYS] = "SIGSYS",
  };
  bool named = number > 0 && (size_t)number < sizeof names / sizeof names[0] && names[number] != NULL;
  return named ? names[number] : decimal((uint64_t)number, digits);
}

/* "exited with status 3: what it said", "killed by SIGKILL after 1000 ms" */
static void describe(struct run *run, int status, uint32_t timeout_ms, struct output *output) {
  char number[21], elapsed[21];
  while (output->size > 0 && (unsigned char)output->text[output->size - 1] <= ' ') output->size--;
  for (size_t i = 0; i < output->size; i++)
    if (output->text[i] == '\0') output->text[i] = ' ';
  output->text[output->size] = '\0';
  const char *what = WIFEXITED(status) ? "exited with status " : "killed by ";
  const char *which = WIFEXITED(status) ? decimal((uint64_t)WEXITSTATUS(status), number) : signal_name(WTERMSIG(status), number);
  bool late = run->failed_errno == ETIMEDOUT;
  set_detail(run, what, which, late ? " after " : "", late ? decimal(timeout_ms, elapsed) : "", late ? " ms" : "",
             output->size > 0 ? ": " : "", output->text, NULL);
}

int run_helper(struct run *run, const struct helper *helper) {
  struct running running = {0};
  struct output output = {0};
  int failed[2], status = 0;
  run->failed_errno = 0;
  send_unsent(run);
  if (start(run, helper, &running) < 0) return -1;
  AUTO_CLOSE int pidfd = running.pidfd;
  AUTO_CLOSE int exec_error = running.exec_error;
  bool not_run = read_full(exec_error, failed, sizeof failed) == (ssize_t)sizeof failed;
  int result = not_run ? 0 : serve(run, helper, &running, &output);
  if (result < 0) (void)kill(-running.pid, SIGKILL);
  (void)RETRY(waitpid(running.pid, &status, 0));
  drain(running.output, &output);
  close_end(&running.input);
  close_end(&running.output);
  if (not_run) return fail(run, (enum teu_syscall)failed[0], failed[1], failed[0] == TEU_SYS_chdir ? helper->cwd : helper->path);
  if (result == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  describe(run, status, helper->timeout_ms, &output);
  if (result == 0) (void)fail(run, TEU_SYS_hook, 0, helper->path);
  run->failed_value = (uint32_t)status;
  return -1;
}
