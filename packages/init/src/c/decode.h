/* Reading a plan out of a request: every length is checked before it is used, nothing is trusted. */
#ifndef DECODE_H
#define DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "teu.h"

/* Decodes the body of a plan request (what follows the header). On success `plan->steps` lies in a mapping of its own and points
 * into `body`; both must stay. Returns 0, or a positive errno: EPROTO for a body that is not well formed, EINVAL for steps that do not
 * go together, E2BIG for too many steps, ENOMEM. `*culprit` gets the index of the step that was refused. */
int decode_plan(const uint8_t *body, size_t size, struct teu_plan *plan, uint32_t *culprit);
/* Gives the arena back; the plan must not be used any more. */
void free_plan(struct teu_plan *plan);

#endif
