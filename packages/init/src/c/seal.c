#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "kernel.h"
#include "steps.gen.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* MFD_EXEC is known since Linux 6.3, and needed where vm.memfd_noexec is 1. */
static int executable_memfd(void) {
  int fd = memfd_create("teu-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  return fd < 0 && errno == EINVAL ? memfd_create("teu-init", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

static int copy(int from, int to, off_t size) {
  while (size > 0) {
    ssize_t n = RETRY(sendfile(to, from, NULL, (size_t)size));
    if (n <= 0) return n == 0 ? EIO : errno;
    size -= n;
  }
  return 0;
}

int run_sealed(char *const args[], int *syscall) {
  char *const environment[] = {NULL};
  *syscall = TEU_SYS_open;
  AUTO_CLOSE int self = (int)RETRY(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (self < 0) return errno;
  int seals = fcntl(self, F_GET_SEALS); /* fails for everything but a memfd */
  if (seals >= 0 && (seals & SEALS) == SEALS) return 0;
  struct stat program;
  *syscall = TEU_SYS_stat;
  if (fstat(self, &program) < 0) return errno;
  *syscall = TEU_SYS_memfd_create;
  AUTO_CLOSE int sealed = executable_memfd();
  if (sealed < 0) return errno;
  *syscall = TEU_SYS_copy;
  int error = copy(self, sealed, program.st_size);
  if (error != 0) return error;
  *syscall = TEU_SYS_fcntl;
  /* F_SEAL_EXEC, since Linux 6.3, keeps the mode */
  if (fcntl(sealed, F_ADD_SEALS, SEALS | F_SEAL_EXEC) < 0 && fcntl(sealed, F_ADD_SEALS, SEALS) < 0) return errno;
  *syscall = TEU_SYS_execve;
  (void)sys_execveat(sealed, "", args, environment, AT_EMPTY_PATH);
  return errno;
}
