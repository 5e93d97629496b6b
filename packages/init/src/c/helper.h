/* Running a program of the host (or, in the container stage, of the container) to its end: hooks, newuidmap. */
#ifndef HELPER_H
#define HELPER_H

#include "teu.h"

struct helper {
  const char *path; /* absolute */
  char *const *args;
  char *const *env;
  const char *cwd; /* "": where we are */
  const struct teu_bytes *input; /* pieces of its standard input, then end of file */
  unsigned input_count;
  uint32_t timeout_ms; /* 0: none */
};

/* Returns 0 when it has exited with status 0; else -1 after fail(), with what it has said in run->detail. */
int run_helper(struct run *run, const struct helper *helper);

#endif
