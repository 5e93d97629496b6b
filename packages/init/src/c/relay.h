/* Carrying bytes between a pty and the caller's descriptors. */
#ifndef RELAY_H
#define RELAY_H

#include <poll.h>
#include <termios.h>

#include "teu.h"

/* One direction: what was read and not yet written. It reads only when that is nothing, so a slow reader slows the writer. */
struct lane {
  int from, to; /* -1: closed */
  size_t start, size;
  uint8_t bytes[8192];
};

struct relay {
  bool open;
  int master;
  int peer;          /* held open, so that a container that closes its terminal for a moment does not hang it up */
  int input, output; /* the caller's, reopened for ourselves where that is possible; -1 none */
  bool raw;
  struct termios former; /* of the caller's terminal */
  struct lane in, out;
};

/* A pty in `slot` that is to be relayed gets the size of the caller's terminal, while the container process waits and before its program can
 * ask for it. */
void relay_size_ahead(struct run *run, int32_t slot);
/* Begins to relay if the step has a pty; with `raw` the terminal in `input` is in raw mode until relay_close. */
int relay_open(struct run *run, struct relay *relay, const struct step_supervise *step);
void relay_close(struct relay *relay);

#define RELAY_EVENTS 3
/* What to wait for now; and what to do when it came. */
void relay_events(const struct relay *relay, struct pollfd events[RELAY_EVENTS]);
void relay_serve(struct relay *relay, const struct pollfd events[RELAY_EVENTS]);
/* After the end of the container process: whether output is still on its way. */
bool relay_drains(struct relay *relay);

/* Sizes the pty: as the caller's terminal is, or as given. */
void relay_follow_size(const struct relay *relay);
void relay_set_size(const struct relay *relay, uint16_t rows, uint16_t columns);

#endif
