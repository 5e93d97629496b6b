/* HOME of the program's user, from the container's own passwd file. Runs inside the container, on a file that the container controls:
 * a regular file only, a bounded part of it, and nothing but one field of one line is taken. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "sys.h"
#include "teu.h"

#define PASSWD_LIMIT (1024u * 1024u)

/* The `index`-th field of a line; the line ends at `end`. NULL when it has fewer. */
static const char *field(const char *line, const char *end, int index, size_t *length) {
  const char *start = line;
  for (; index > 0; index--) {
    const char *colon = memchr(start, ':', (size_t)(end - start));
    if (!colon) return NULL;
    start = colon + 1;
  }
  const char *stop = memchr(start, ':', (size_t)(end - start));
  *length = (size_t)((stop ? stop : end) - start);
  return start;
}

static bool is_uid(const char *text, size_t length, uint32_t uid) {
  uint64_t value = 0;
  if (length == 0 || length > 10) return false;
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (uint64_t)(text[i] - '0');
  }
  return value == uid;
}

/* Puts the home directory of `uid` into `home` if the text has one that fits and is an absolute path. */
static void find_home(const char *text, size_t size, uint32_t uid, char *home, size_t home_size) {
  const char *end = text + size;
  for (const char *line = text; line < end;) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *stop = newline ? newline : end;
    size_t uid_length, home_length;
    const char *uid_text = field(line, stop, 2, &uid_length);
    const char *home_text = field(line, stop, 5, &home_length);
    if (uid_text && home_text && is_uid(uid_text, uid_length, uid)) {
      bool usable = home_length > 0 && home_length < home_size && home_text[0] == '/' && !memchr(home_text, '\0', home_length);
      if (usable) {
        memcpy(home, home_text, home_length);
        home[home_length] = '\0';
      }
      return;
    }
    line = stop + 1;
  }
}

/* As much of the file as fits; -1 when it is not a regular file that can be read. */
static ssize_t read_passwd(char *buffer, size_t size) {
  int fd = sys_openat2(AT_FDCWD, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0, SYS_RESOLVE_NO_MAGICLINKS);
  if (fd < 0) return -1;
  struct stat status;
  size_t total = 0;
  bool readable = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  while (readable && total < size) {
    ssize_t got = read(fd, buffer + total, size - total);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    total += (size_t)got;
  }
  close(fd);
  return readable ? (ssize_t)total : -1;
}

int op_home(struct run *run, const struct step_home *step) {
  static const char prefix[] = "HOME=";
  strcpy(run->home, "HOME=/");
  char *buffer = malloc(PASSWD_LIMIT);
  if (!buffer) return fail(run, TEU_SYS_mmap, ENOMEM, NULL);
  ssize_t size = read_passwd(buffer, PASSWD_LIMIT);
  if (size > 0) find_home(buffer, (size_t)size, step->uid, run->home + sizeof prefix - 1, sizeof run->home - (sizeof prefix - 1));
  free(buffer);
  return 0;
}
