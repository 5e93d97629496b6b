/* What the files that make mounts share. */
#ifndef MOUNT_H
#define MOUNT_H

#include "teu.h"

/* new_mount for options that fsconfig(2) refuses for their length: mount(2) in a mount namespace of its own. The detached mount, or
 * -1 after fail(). */
int classic_mount(struct run *run, const struct step_new_mount *step);

/* A detached copy of what `tree` refers to, with everything mounted below it when `recursive`. */
int clone_tree(int tree, bool recursive);

#endif
