/* Names in the container's root file system. Whoever prepared that tree, or shares a volume of it, is hostile: a name is looked up
 * once, by the kernel, confined to the root (links, `..` and absolute link targets included), and what comes out is a descriptor.
 * All functions return -1 and set errno. `resolve` takes further RESOLVE_* bits. */
#ifndef ROOTFS_H
#define ROOTFS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys.h"

enum root_kind { ROOT_DIRECTORY, ROOT_FILE };

/* Opens what is at `path`; `flags` are those of open(2), O_CLOEXEC is added. Never a magic link. */
int root_find(int root, const char *path, uint64_t flags, uint64_t resolve);

/* Opens what is at `path`; makes it, and its parents with mode 0755, when it is not there. A link to nowhere is completed at the
 * place inside the root that it points to. What exists is taken as it is, whatever its kind. `made`, unless NULL, tells whether what
 * was opened has been made here: then it lies on a file system that has such things made, and nothing is mounted on it. */
int root_provide(int root, const char *path, enum root_kind kind, mode_t mode, uint64_t resolve, bool *made);

/* Opens the directory that holds the last component of `path` (missing ones are made) and copies that component to `name`. */
int root_parent(int root, const char *path, char name[NAME_MAX + 1]);

#endif
