/* The two ways to run: one plan, or plan after plan. */
#ifndef SPAWNER_H
#define SPAWNER_H

#include "protocol.h"
#include "teu.h"

/* Runs the plan in the request, in this process, to its end. Returns the exit status. */
int run_request(struct run *run, const struct request *request);
/* Serves requests on `channel` until its end; each plan gets a process of its own. Returns the exit status. */
int serve_requests(int channel);

#endif
