/* Status frames, the record of the last failure, and the table of descriptors. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "kernel.h"

struct frame_header {
  uint32_t size;
  uint16_t kind, stage;
  uint32_t tag, step;
  uint16_t op, syscall;
  int32_t errnum;
  uint32_t reserved;
  uint64_t a, b;
} __attribute__((packed));
_Static_assert(sizeof(struct frame_header) == 44, "protocol.md counts 44 bytes");
#define MAX_PAYLOAD (TEU_MAX_FRAME - sizeof(struct frame_header))

struct trace_record {
  uint32_t step, stage;
  uint64_t start_ns, end_ns;
};
struct trace_log {
  size_t count, capacity;
  struct trace_record records[];
};

/* How long a reader that has stopped reading is waited for: a container must not hang on it for ever. */
#define READER_PATIENCE_MS 10000

/* One write of whole frames, so that frames of several processes on one channel do not mix. A reader that is gone is no failure of the run. */
static void write_frames(struct run *run, const uint8_t *frames, size_t size) {
  size_t done = 0;
  int futile = 0;
  while (run->status_fd >= 0 && done < size) {
    ssize_t n = RETRY(write(run->status_fd, frames + done, size - done));
    if (n > 0) {
      done += (size_t)n;
      continue;
    }
    bool full = n < 0 && errno == EAGAIN && ++futile <= RETRY_LIMIT; /* a filter may answer that each time */
    struct pollfd writable = {.fd = run->status_fd, .events = POLLOUT};
    if (full && RETRY(poll(&writable, 1, READER_PATIENCE_MS)) > 0 && (writable.revents & POLLOUT)) continue;
    (void)close(run->status_fd);
    run->status_fd = -1;
  }
}

void send_unsent(struct run *run) {
  if (run->unsent_size > 0) write_frames(run, run->unsent, run->unsent_size);
  run->unsent_size = 0;
}

/* Puts a frame behind those that wait. */
static void add(struct run *run, struct frame_header *header, const void *payload, size_t size) {
  if (run->status_fd < 0) return;
  if (size > MAX_PAYLOAD) size = MAX_PAYLOAD;
  header->size = (uint32_t)(sizeof *header + size);
  header->tag = run->tag;
  if (run->unsent_size + header->size > sizeof run->unsent) send_unsent(run);
  memcpy(run->unsent + run->unsent_size, header, sizeof *header);
  if (size > 0) memcpy(run->unsent + run->unsent_size + sizeof *header, payload, size);
  run->unsent_size += header->size;
}

static struct frame_header header_of(const struct run *run, enum teu_frame kind) {
  struct frame_header header = {.kind = (uint16_t)kind, .stage = (uint16_t)run->stage, .step = NO_STEP};
  if (run->step != NULL) {
    header.step = run->step->index;
    header.op = (uint16_t)run->step->op;
  }
  return header;
}

void send_frame_soon(struct run *run, enum teu_frame kind, uint64_t a, uint64_t b, const void *payload, size_t size) {
  struct frame_header header = header_of(run, kind);
  header.a = a;
  header.b = b;
  add(run, &header, payload, size);
}

void send_frame(struct run *run, enum teu_frame kind, uint64_t a, uint64_t b, const void *payload, size_t size) {
  send_frame_soon(run, kind, a, b, payload, size);
  send_unsent(run);
}

int send_event(struct run *run, uint64_t value) {
  send_frame(run, TEU_FRAME_EVENT, value, realtime_ns(), NULL, 0);
  return 0;
}

int fail(struct run *run, enum teu_syscall syscall, int errnum, const char *path) {
  run->failed_syscall = syscall;
  run->failed_errno = errnum;
  run->failed_path = path;
  return -1;
}

int fail_copy(struct run *run, enum teu_syscall syscall, int errnum, const char *path) {
  size_t length = strnlen(path, sizeof run->path_buffer - 1);
  memcpy(run->path_buffer, path, length);
  run->path_buffer[length] = '\0';
  return fail(run, syscall, errnum, run->path_buffer);
}

void set_detail(struct run *run, ...) {
  va_list parts;
  size_t at = 0;
  va_start(parts, run);
  for (const char *part = va_arg(parts, const char *); part != NULL; part = va_arg(parts, const char *)) {
    size_t length = strnlen(part, sizeof run->detail - 1 - at);
    memcpy(run->detail + at, part, length);
    at += length;
  }
  va_end(parts);
  run->detail[at] = '\0';
}

void report_failure(struct run *run) {
  uint8_t payload[MAX_PAYLOAD];
  struct frame_header header = header_of(run, TEU_FRAME_FAILED);
  header.syscall = (uint16_t)run->failed_syscall;
  header.errnum = run->failed_errno;
  header.a = run->failed_value;
  size_t detail = strnlen(run->detail, sizeof run->detail);
  size_t path = run->failed_path == NULL ? 0 : strnlen(run->failed_path, sizeof payload - 1 - detail);
  if (path > 0) memcpy(payload, run->failed_path, path);
  payload[path] = 0;
  memcpy(payload + path + 1, run->detail, detail);
  add(run, &header, payload, path + 1 + detail);
  send_unsent(run);
  run->failed_syscall = TEU_SYS_NONE;
  run->failed_errno = 0;
  run->failed_path = NULL;
  run->failed_value = 0;
  run->detail[0] = '\0';
}

void report_without_step(struct run *run, enum teu_syscall syscall, int errnum, const char *path) {
  run->step = NULL;
  (void)fail(run, syscall, errnum, path);
  report_failure(run);
}

void report_done(struct run *run, uint64_t failed_cleanups) {
  run->step = NULL;
  send_frame(run, TEU_FRAME_DONE, failed_cleanups, 0, NULL, 0);
  if (run->done_mark != NULL) __atomic_store_n(run->done_mark, MARK_DONE, __ATOMIC_RELEASE);
}

void trace_open(struct run *run) {
  size_t capacity = run->plan->count;
  if (run->trace) run->trace_log = malloc(sizeof *run->trace_log + capacity * sizeof run->trace_log->records[0]);
  if (run->trace_log != NULL) *run->trace_log = (struct trace_log){.capacity = capacity};
}

void trace_add(struct run *run, uint64_t start_ns, uint64_t end_ns) {
  struct trace_log *log = run->trace_log;
  if (log == NULL || log->count == log->capacity) return;
  log->records[log->count++] = (struct trace_record){run->step->index, (uint32_t)run->stage, start_ns, end_ns};
}

void trace_send(struct run *run) {
  if (run->trace_log == NULL) return;
  const size_t per_frame = MAX_PAYLOAD / sizeof(struct trace_record);
  for (size_t i = 0; i < run->trace_log->count; i += per_frame) {
    size_t left = run->trace_log->count - i;
    size_t count = left < per_frame ? left : per_frame;
    send_frame(run, TEU_FRAME_TRACE, 0, 0, run->trace_log->records + i, count * sizeof(struct trace_record));
  }
  run->trace_log->count = 0;
}

void trace_forget(struct run *run) {
  if (run->trace_log != NULL) run->trace_log->count = 0;
}

void init_run(struct run *run, int status_fd) {
  memset(run, 0, offsetof(struct run, slots));
  memset(run->slots, 0xff, sizeof run->slots);
  run->status_fd = status_fd;
  run->sync_fd = run->control_fd = run->signal_fd = run->proc_fd = run->netns_fd = run->child_pidfd = run->network_fd = run->shared_fd = -1;
}

int slot_get(struct run *run, int32_t slot) {
  if (slot < 0 || slot >= TEU_SLOT_COUNT || run->slots[slot] < 0) return fail(run, TEU_SYS_NONE, EBADF, NULL);
  return run->slots[slot];
}

void slot_close(struct run *run, int32_t slot) {
  if (slot < 0 || slot >= TEU_SLOT_COUNT || run->slots[slot] < 0) return;
  (void)close(run->slots[slot]);
  run->slots[slot] = -1;
}

int slot_put(struct run *run, int32_t slot, int fd) {
  if (slot < 0 || slot >= TEU_SLOT_COUNT) {
    (void)close(fd);
    return fail(run, TEU_SYS_NONE, EBADF, NULL);
  }
  slot_close(run, slot);
  run->slots[slot] = fd;
  return 0;
}

int slot_set(struct run *run, int32_t slot, int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
    int error = errno;
    (void)close(fd);
    return fail(run, TEU_SYS_fcntl, error, NULL);
  }
  return slot_put(run, slot, fd);
}
