/* receive-datagrams SOCKET
 *
 * A service manager as sd_notify sees it: binds a Unix datagram socket and prints each message as a line, newlines as spaces.
 * Descriptors that come along (BARRIER=1) are closed at once. Prints "listening" first; runs until killed. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (argc < 2 || strlen(argv[1]) >= sizeof address.sun_path)
		return 2;
	strcpy(address.sun_path, argv[1]);
	int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || chmod(argv[1], 0777) != 0) {
		perror("receive-datagrams");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	for (;;) {
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(16 * sizeof(int))];
		} control;
		char data[4096];
		struct iovec part = { .iov_base = data, .iov_len = sizeof data - 1 };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
		ssize_t size = recvmsg(server, &message, MSG_CMSG_CLOEXEC);
		if (size < 0)
			return 1;
		data[size] = '\0';
		for (char *c = data; *c != '\0'; c++)
			if (*c == '\n')
				*c = ' ';
		puts(data);
		fflush(stdout);
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
			if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
				continue;
			int count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)), fds[16];
			memcpy(fds, CMSG_DATA(c), (size_t)count * sizeof(int));
			for (int i = 0; i < count; i++)
				close(fds[i]);
		}
	}
}
