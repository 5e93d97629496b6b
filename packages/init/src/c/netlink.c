/* Network devices: the loopback of a new namespace, and moving a device of this namespace into the container's. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "io.h"
#include "report.h"
#include "sys.h"
#include "undo.h"

/* rtnetlink(7), as far as it is needed */
enum { NL_ERROR = 2, NL_DONE = 3, RTM_SET_LINK = 16, RTM_ADD_ADDRESS = 20, RTM_LIST_ADDRESSES = 22 };
enum { NL_REQUEST = 0x1, NL_ACK = 0x4, NL_EXCLUSIVE = 0x200, NL_DUMP = 0x300, NL_CREATE = 0x400 };
enum { LINK_NAME = 3, LINK_NET_NS_FD = 28 };
enum { ADDRESS_PEER = 1, ADDRESS_LOCAL = 2, ADDRESS_BROADCAST = 4, ADDRESS_FLAGS = 8, ADDRESS_PRIORITY = 9 };
enum { SCOPE_GLOBAL = 0, FLAG_PERMANENT = 0x80 };
/* Flags of an address that its owner chose: no duplicate detection, home address, no route of its own, multicast joined. */
#define CHOSEN_FLAGS (0x02u | 0x10u | 0x200u | 0x400u)

struct nl_header {
  uint32_t length;
  uint16_t type, flags;
  uint32_t sequence, port;
};
struct nl_attribute {
  uint16_t length, type;
};
struct link_body {
  uint8_t family, pad;
  uint16_t type;
  int32_t index;
  uint32_t flags, change;
};
struct address_body {
  uint8_t family, prefix_length, flags, scope;
  uint32_t index;
};

#define ALIGNED(length) (((length) + 3u) & ~3u)
#define MAX_ADDRESSES 64

/* A request under construction; the largest one holds an address and a handful of attributes. */
struct request {
  struct nl_header header;
  uint8_t rest[256];
};
struct addresses {
  uint32_t count;
  struct request requests[MAX_ADDRESSES];
};

static void begin(struct request *request, int type, int flags, const void *body, size_t size) {
  memset(request, 0, sizeof *request);
  request->header = (struct nl_header){.length = (uint32_t)(sizeof request->header + size), .type = (uint16_t)type};
  request->header.flags = (uint16_t)(NL_REQUEST | flags);
  memcpy(request->rest, body, size);
}

static bool append(struct request *request, int type, const void *data, size_t size) {
  struct nl_attribute attribute = {.length = (uint16_t)(sizeof attribute + size), .type = (uint16_t)type};
  size_t at = ALIGNED(request->header.length) - sizeof request->header;
  if (at + sizeof attribute + size > sizeof request->rest) return false;
  memcpy(request->rest + at, &attribute, sizeof attribute);
  memcpy(request->rest + at + sizeof attribute, data, size);
  request->header.length = (uint32_t)(sizeof request->header + at + sizeof attribute + size);
  return true;
}

static int open_route(void) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0 /* NETLINK_ROUTE */); }

/* Sends a request and waits for its acknowledgement; -1 with errno. */
static int transact(int route, const struct request *request) {
  struct {
    struct nl_header header;
    int32_t error;
    uint8_t rest[1024];
  } answer;
  if (RETRY(send(route, request, request->header.length, 0)) < 0) return -1;
  ssize_t size = RETRY(recv(route, &answer, sizeof answer, 0));
  if (size < 0) return -1;
  if ((size_t)size < sizeof answer.header + sizeof answer.error || answer.header.type != NL_ERROR) {
    errno = EPROTO;
    return -1;
  }
  errno = -answer.error;
  return answer.error == 0 ? 0 : -1;
}

/* Keeps one address of the device as the request that will set it again. Only what is global and was set by hand: the rest belongs
 * to the namespace that the device leaves. */
static bool keep_address(struct addresses *kept, const uint8_t *message, size_t size, int index) {
  struct address_body body;
  if (size < sizeof body) return false;
  memcpy(&body, message, sizeof body);
  if (body.index != (uint32_t)index || body.scope != SCOPE_GLOBAL) return true;
  if (kept->count == MAX_ADDRESSES) return false;
  struct request *request = &kept->requests[kept->count];
  uint32_t flags = body.flags;
  body.flags = 0;
  begin(request, RTM_ADD_ADDRESS, NL_ACK | NL_CREATE | NL_EXCLUSIVE, &body, sizeof body);
  for (size_t at = sizeof body; at + sizeof(struct nl_attribute) <= size;) {
    struct nl_attribute attribute;
    memcpy(&attribute, message + at, sizeof attribute);
    if (attribute.length < sizeof attribute || attribute.length > size - at) return false;
    const uint8_t *data = message + at + sizeof attribute;
    size_t length = attribute.length - sizeof attribute;
    bool wanted = attribute.type == ADDRESS_PEER || attribute.type == ADDRESS_LOCAL || attribute.type == ADDRESS_BROADCAST ||
                  attribute.type == ADDRESS_PRIORITY;
    if (wanted && !append(request, attribute.type, data, length)) return false;
    if (attribute.type == ADDRESS_FLAGS && length == sizeof flags) memcpy(&flags, data, sizeof flags);
    at += ALIGNED(attribute.length);
  }
  if ((flags & FLAG_PERMANENT) == 0) return true;
  flags &= CHOSEN_FLAGS;
  if (!append(request, ADDRESS_FLAGS, &flags, sizeof flags)) return false;
  kept->count++;
  return true;
}

/* Lists the addresses of this namespace and keeps those of the device; -1 with errno. */
static int list_addresses(int route, int index, struct addresses *kept) {
  static uint8_t buffer[32768];
  struct address_body all = {0};
  struct request request;
  kept->count = 0;
  begin(&request, RTM_LIST_ADDRESSES, NL_DUMP, &all, sizeof all);
  if (RETRY(send(route, &request, request.header.length, 0)) < 0) return -1;
  for (;;) {
    ssize_t size = RETRY(recv(route, buffer, sizeof buffer, 0));
    if (size < 0) return -1;
    for (size_t at = 0; at + sizeof(struct nl_header) <= (size_t)size;) {
      struct nl_header header;
      memcpy(&header, buffer + at, sizeof header);
      if (header.type == NL_DONE) return 0;
      errno = header.type == NL_ERROR ? EIO : EPROTO;
      if (header.type == NL_ERROR || header.length < sizeof header || header.length > (size_t)size - at) return -1;
      errno = E2BIG;
      if (header.type == RTM_ADD_ADDRESS && !keep_address(kept, buffer + at + sizeof header, header.length - sizeof header, index)) return -1;
      at += ALIGNED(header.length);
    }
  }
}

/* The device's number in this network namespace; -1 with errno. */
static int device_index(const char *name) {
  struct ifreq request = {0};
  AUTO_CLOSE int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any < 0) return -1;
  if (strlen(name) >= sizeof request.ifr_name) {
    errno = ENODEV;
    return -1;
  }
  strcpy(request.ifr_name, name);
  return ioctl(any, SIOCGIFINDEX, &request) < 0 ? -1 : request.ifr_ifindex;
}

/* Flags of a device of this network namespace, into `request` for the next call; -1 with errno. Any socket will do for that. */
static int device_flags(int any, const char *name, struct ifreq *request) {
  if (any < 0) return -1;
  memset(request, 0, sizeof *request);
  if (strlen(name) >= sizeof request->ifr_name) {
    errno = ENODEV;
    return -1;
  }
  strcpy(request->ifr_name, name);
  return ioctl(any, SIOCGIFFLAGS, request);
}

static bool is_up(const char *name) {
  struct ifreq request;
  AUTO_CLOSE int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return device_flags(any, name, &request) == 0 && (request.ifr_flags & IFF_UP) != 0;
}

/* Brings a device of this network namespace up; -1 with errno. */
static int bring_up(const char *name) {
  struct ifreq request;
  AUTO_CLOSE int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (device_flags(any, name, &request) < 0) return -1;
  if ((request.ifr_flags & IFF_UP) != 0) return 0;
  request.ifr_flags |= IFF_UP;
  return ioctl(any, SIOCSIFFLAGS, &request);
}

int op_link_up(struct run *run, const struct step_link_up *step) {
  return bring_up(step->name) < 0 ? fail(run, TEU_SYS_ioctl, errno, step->name) : 0;
}

/* In the network namespace that the device is in now: what the move has taken from it. Returns an errno, to be an exit status. */
static int restore(int netns, const char *name, struct addresses *kept, bool up) {
  if (setns(netns, CLONE_NEWNET) < 0) return errno;
  AUTO_CLOSE int route = open_route();
  int index = device_index(name);
  if (route < 0 || index < 0) return errno;
  for (uint32_t i = 0; i < kept->count; i++) {
    struct request *request = &kept->requests[i];
    int32_t number = index;
    memcpy(request->rest + offsetof(struct address_body, index), &number, sizeof number);
    if (transact(route, request) < 0) return errno;
  }
  return up && bring_up(name) < 0 ? errno : 0;
}

/* Moving a device from one namespace to another, renaming it on the way, also takes it down and removes its addresses. */
static int move(int route, int index, int netns, const char *name) {
  struct link_body body = {.index = index};
  struct request request;
  int32_t fd = netns;
  begin(&request, RTM_SET_LINK, NL_ACK, &body, sizeof body);
  if (append(&request, LINK_NET_NS_FD, &fd, sizeof fd) && append(&request, LINK_NAME, name, strlen(name) + 1)) {
    return transact(route, &request);
  }
  errno = EINVAL;
  return -1;
}

/* The network namespace of a process, for `/proc/<process>`. */
static int open_netns(struct run *run, const char *process) {
  int proc = host_proc(run);
  if (proc < 0) return -1;
  char path[40];
  (void)stpcpy(stpcpy(path, process), "/ns/net");
  int netns = openat(proc, path, O_RDONLY | O_CLOEXEC);
  return netns < 0 ? fail_copy(run, TEU_SYS_open, errno, path) : netns;
}

/* A process that enters another namespace with `act`, which this one has no business in. Returns what `act` does, or -1 after fail(). */
struct errand {
  int there, here;
  const char *name, *new_name;
  struct addresses *kept;
  bool up;
};
static int in_helper(struct run *run, int (*act)(const struct errand *), const struct errand *errand) {
  struct sys_clone_args how = {.exit_signal = SIGCHLD};
  pid_t helper = sys_clone3(&how);
  if (helper < 0) return fail(run, TEU_SYS_fork, errno, NULL);
  if (helper == 0) _exit(act(errand));
  int status = 0;
  if (RETRY(waitpid(helper, &status, __WALL)) < 0) return fail(run, TEU_SYS_waitid, errno, NULL);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

static int settle_there(const struct errand *errand) { return restore(errand->there, errand->new_name, errand->kept, true); }

static int come_back(const struct errand *errand) {
  if (setns(errand->there, CLONE_NEWNET) < 0) return errno;
  AUTO_CLOSE int route = open_route();
  int index = route < 0 ? -1 : device_index(errand->new_name);
  if (index < 0 || list_addresses(route, index, errand->kept) < 0 || move(route, index, errand->here, errand->name) < 0) return errno;
  return restore(errand->here, errand->name, errand->kept, errand->up);
}

static const char *name_there(const struct step_move_netdev *step) { return *step->new_name == '\0' ? step->name : step->new_name; }

static struct addresses addresses;

int op_move_netdev(struct run *run, const struct step_move_netdev *step) {
  const char *name = name_there(step);
  char digits[21];
  if (run->netns_fd < 0) run->netns_fd = open_netns(run, decimal((uint64_t)run->child, digits));
  if (run->netns_fd < 0) return -1;
  AUTO_CLOSE int route = open_route();
  int index = route < 0 ? -1 : device_index(step->name);
  if (index < 0) return fail(run, TEU_SYS_netlink, errno, step->name);
  if (list_addresses(route, index, &addresses) < 0) return fail(run, TEU_SYS_netlink, errno, step->name);
  enum undo_kind undo = is_up(step->name) ? UNDO_NETDEV : UNDO_NETDEV_DOWN;
  if (move(route, index, run->netns_fd, name) < 0) return fail(run, TEU_SYS_netlink, errno, step->name);
  if (undo_later(run, undo, step->name, 0) < 0) return -1;
  const struct errand errand = {.there = run->netns_fd, .new_name = name, .kept = &addresses};
  int errnum = in_helper(run, settle_there, &errand);
  if (errnum <= 0) return errnum;
  set_detail(run, "it was in the container's network namespace, but its addresses or its state could not be set again", NULL);
  return fail(run, TEU_SYS_netlink, errnum, name);
}

/* A network namespace takes its virtual devices along when it ends: they are fetched before, although the container has failed. */
int return_netdev(struct run *run, const char *name, bool up) {
  const struct step_move_netdev *step = NULL;
  for (uint32_t i = 0; i < run->plan->count; i++) {
    const struct teu_step *each = &run->plan->steps[i];
    if (each->op == TEU_OP_MOVE_NETDEV && strcmp(each->u.move_netdev.name, name) == 0) step = &each->u.move_netdev;
  }
  if (step == NULL || run->netns_fd < 0) return fail(run, TEU_SYS_netlink, ENODEV, name);
  AUTO_CLOSE int here = open_netns(run, "self");
  if (here < 0) return -1;
  const struct errand errand = {run->netns_fd, here, step->name, name_there(step), &addresses, up};
  int errnum = in_helper(run, come_back, &errand);
  return errnum > 0 ? fail(run, TEU_SYS_netlink, errnum, step->name) : errnum;
}
