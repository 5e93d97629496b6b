/* Requests, as protocol.md describes them. */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAGIC 0x31554554u
#define REQUEST_TRACE 1u /* flag */
#define REQUEST_SPARE 2u /* flag of a plan: a spare may run it */
#define PIPE_READS 1u    /* flag of a pipe request: the container reads from it */

struct request_header {
  uint32_t size, magic, schema;
  uint16_t kind, flags;
  uint32_t tag;
};
_Static_assert(sizeof(struct request_header) == 20, "protocol.md counts 20 bytes");

struct control_request {
  struct request_header header;
  uint32_t what, a, b;
};

struct pipe_request {
  uint32_t slot, flags;
  const char *path;
};

/* A request that has been read whole: header and, in a mapping of its own, what follows it. */
struct request {
  struct request_header header;
  uint8_t *body;
  size_t size; /* of the body */
};

/* Reads one request. Returns 0, or a positive errno: ENODATA at the end of input, EPROTO for what is no request (nothing that follows
 * it can be understood), E2BIG, ENOMEM, or what read(2) said. The header is valid except with ENODATA. */
int read_request(int fd, struct request *request);
void free_request(struct request *request);

/* Whether the header speaks of this step table, and knows its kind and flags. */
bool is_understood(const struct request_header *header);
bool is_control(const struct control_request *request);
/* Takes the fields of a pipe request out of the body. */
bool decode_pipe(const struct request *request, struct pipe_request *pipe);

#endif
