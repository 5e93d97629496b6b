/* receive-fd SOCKET [ROWS COLUMNS]
 *
 * Listens on a Unix stream socket, takes one connection and one message, and prints one line of JSON: the payload, how many
 * descriptors came, and what the first one is. When it is a terminal, sets its size if asked, and then connects it with stdin and
 * stdout until the other side is closed. Prints "listening" first. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive(int connection, char *payload, size_t room, ssize_t *size, int *descriptors)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec part = { .iov_base = payload, .iov_len = room };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	int count = 0;
	*size = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); *size >= 0 && c != NULL; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(descriptors, CMSG_DATA(c), (size_t)count * sizeof(int));
	}
	return count;
}

/* The pid that a pidfd stands for, from its fdinfo; 0 for other descriptors. */
static long pid_of(int fd)
{
	char path[64], line[128];
	long pid = 0;
	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		sscanf(line, "Pid: %ld", &pid);
	if (file != NULL)
		fclose(file);
	return pid;
}

static void write_all(int fd, const char *data, ssize_t size)
{
	for (ssize_t done = 0, n; done < size; done += n)
		if ((n = write(fd, data + done, (size_t)(size - done))) <= 0)
			return;
}

static void relay(int master)
{
	struct pollfd fds[2] = { { .fd = master, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	char data[65536];
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents != 0) {
			ssize_t size = read(master, data, sizeof data);
			if (size <= 0)
				return;
			write_all(1, data, size);
		}
		if (fds[1].revents != 0) {
			ssize_t size = read(0, data, sizeof data);
			if (size <= 0)
				fds[1].fd = -1;
			else
				write_all(master, data, size);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (argc < 2 || strlen(argv[1]) >= sizeof address.sun_path)
		return 2;
	strcpy(address.sun_path, argv[1]);
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 1) != 0) {
		perror("receive-fd");
		return 1;
	}
	puts("listening");
	fflush(stdout);

	int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC), fds[16];
	char payload[65536], link[256] = "", path[64];
	ssize_t size;
	int count = receive(connection, payload, sizeof payload - 1, &size, fds);
	if (size < 0)
		return 1;
	payload[size] = '\0';
	char more;
	ssize_t rest = recv(connection, &more, 1, 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", count > 0 ? fds[0] : -1);
	ssize_t length = readlink(path, link, sizeof link - 1);
	link[length < 0 ? 0 : length] = '\0';
	printf("{\"payloadHex\":\"");
	for (ssize_t i = 0; i < size; i++)
		printf("%02x", (unsigned char)payload[i]);
	printf("\",\"count\":%d,\"link\":\"%s\",\"terminal\":%s,\"pid\":%ld,\"closed\":%s}\n", count, link,
	       count > 0 && isatty(fds[0]) ? "true" : "false", count > 0 ? pid_of(fds[0]) : 0, rest == 0 ? "true" : "false");
	fflush(stdout);
	if (count == 0 || !isatty(fds[0]))
		return 0;
	if (argc == 4) {
		struct winsize window = { .ws_row = (unsigned short)atoi(argv[2]), .ws_col = (unsigned short)atoi(argv[3]) };
		ioctl(fds[0], TIOCSWINSZ, &window);
	}
	relay(fds[0]);
	return 0;
}
