/* attach SOCKET
 *
 * A client of conmon's attach socket (sequenced packets): stdin goes to the container; what comes back has a first byte that
 * says which stream it is (2: stdout, 3: stderr), and goes to ours. Ends when the other side does. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (argc < 2 || strlen(argv[1]) >= sizeof address.sun_path)
		return 2;
	strcpy(address.sun_path, argv[1]);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		perror("attach");
		return 1;
	}
	puts("attached");
	fflush(stdout);
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	char data[8193];
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents != 0) {
			ssize_t size = read(fd, data, sizeof data);
			if (size <= 0)
				return 0;
			if (write(data[0] == 3 ? 2 : 1, data + 1, (size_t)size - 1) < 0)
				return 1;
		}
		if (fds[1].revents != 0) {
			ssize_t size = read(0, data, 1024);
			if (size <= 0) {
				shutdown(fd, SHUT_WR);
				fds[1].fd = -1;
			} else if (write(fd, data, (size_t)size) < 0) {
				return 1;
			}
		}
	}
	return 1;
}
