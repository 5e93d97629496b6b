#include "protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io.h"
#include "steps.gen.h"

int read_request(int fd, struct request *request) {
  *request = (struct request){0};
  ssize_t size = read_full(fd, &request->header, sizeof request->header);
  if (size < 0) return errno;
  if (size == 0) return ENODATA;
  const struct request_header *header = &request->header;
  if (size != (ssize_t)sizeof *header || header->magic != REQUEST_MAGIC || header->size < sizeof *header) return EPROTO;
  if (header->size > TEU_MAX_PLAN) return E2BIG;
  request->size = header->size - sizeof *header;
  if (request->size == 0) return 0;
  void *memory = mmap(NULL, request->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return ENOMEM;
  request->body = memory;
  size = read_full(fd, request->body, request->size);
  if (size == (ssize_t)request->size) return 0;
  int error = size < 0 ? errno : EPROTO;
  free_request(request);
  return error;
}

void free_request(struct request *request) {
  if (request->body != NULL) (void)munmap(request->body, request->size);
  request->body = NULL;
}

bool is_understood(const struct request_header *header) {
  return header->schema == STEPS_SCHEMA && header->kind >= TEU_REQUEST_PLAN && header->kind <= TEU_REQUEST_SPARE &&
         (header->flags & ~(REQUEST_TRACE | REQUEST_SPARE)) == 0;
}

bool is_control(const struct control_request *request) {
  const struct request_header *header = &request->header;
  return header->size == sizeof *request && header->magic == REQUEST_MAGIC && is_understood(header) &&
         header->kind == TEU_REQUEST_CONTROL;
}

bool decode_pipe(const struct request *request, struct pipe_request *pipe) {
  uint32_t length;
  if (request->size < 13) return false;
  memcpy(&pipe->slot, request->body, 4);
  memcpy(&pipe->flags, request->body + 4, 4);
  memcpy(&length, request->body + 8, 4);
  pipe->path = (const char *)request->body + 12;
  return length == request->size - 13 && pipe->path[length] == '\0' && memchr(pipe->path, 0, length) == NULL &&
         pipe->slot < TEU_SLOT_COUNT && (pipe->flags & ~PIPE_READS) == 0;
}
