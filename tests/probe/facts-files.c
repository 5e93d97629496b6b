#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Open descriptors without the one used to look; found by trying, so that no /proc is needed. */
int fact_fds(int argc, char **argv)
{
	(void)argc, (void)argv;
	json_open(NULL, '[');
	for (int fd = 0; fd < 1024; fd++) {
		char path[64], link[4096];
		int flags = fcntl(fd, F_GETFL);
		if (flags < 0)
			continue;
		json_open(NULL, '{');
		json_number("fd", fd);
		json_number("access", flags & O_ACCMODE);
		json_bool("cloexec", (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		ssize_t size = readlink(path, link, sizeof link);
		if (size >= 0)
			json_string_n("link", link, (size_t)size);
		json_close('}');
	}
	json_close(']');
	return 0;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	default:
		return "socket";
	}
}

/* lstat of each path. */
int fact_stat(int argc, char **argv)
{
	json_open(NULL, '[');
	for (int i = 0; i < argc; i++) {
		struct stat st;
		char link[4096];
		json_open(NULL, '{');
		json_string("path", argv[i]);
		if (lstat(argv[i], &st) != 0) {
			json_errno("error", errno);
		} else {
			json_string("type", type_name(st.st_mode));
			json_number("mode", st.st_mode & 07777);
			json_number("uid", st.st_uid);
			json_number("gid", st.st_gid);
			json_number("size", st.st_size);
			if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
				json_number("major", major(st.st_rdev));
				json_number("minor", minor(st.st_rdev));
			}
			ssize_t size = S_ISLNK(st.st_mode) ? readlink(argv[i], link, sizeof link) : -1;
			if (size >= 0)
				json_string_n("target", link, (size_t)size);
		}
		json_close('}');
	}
	json_close(']');
	return 0;
}

static const char *try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno_name(errno);
	close(fd);
	return "ok";
}

/* open for reading, writing and creating; answers are errno names or "ok". */
int fact_open(int argc, char **argv)
{
	json_open(NULL, '[');
	for (int i = 0; i < argc; i++) {
		json_open(NULL, '{');
		json_string("path", argv[i]);
		json_string("read", try_open(argv[i], O_RDONLY));
		json_string("write", try_open(argv[i], O_WRONLY));
		json_string("create", try_open(argv[i], O_WRONLY | O_CREAT));
		json_close('}');
	}
	json_close(']');
	return 0;
}

/* /proc/self/mountinfo, split into its fields. */
int fact_mounts(int argc, char **argv)
{
	(void)argc, (void)argv;
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t room = 0;
	if (file == NULL)
		return 1;
	json_open(NULL, '[');
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		char *field[64];
		int count = 0, dash = -1;
		for (char *word = strtok(line, " "); word != NULL && count < 64; word = strtok(NULL, " ")) {
			if (dash < 0 && strcmp(word, "-") == 0)
				dash = count;
			field[count++] = word;
		}
		if (dash < 6 || count < dash + 4)
			continue;
		json_open(NULL, '{');
		json_string("root", field[3]);
		json_string("target", field[4]);
		json_string("options", field[5]);
		json_open("propagation", '[');
		for (int i = 6; i < dash; i++)
			json_string(NULL, field[i]);
		json_close(']');
		json_string("type", field[dash + 1]);
		json_string("source", field[dash + 2]);
		json_string("superOptions", field[dash + 3]);
		json_close('}');
	}
	json_close(']');
	return 0;
}

/* Link text of each namespace. */
int fact_namespaces(int argc, char **argv)
{
	(void)argc, (void)argv;
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
	json_open(NULL, '{');
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[64], link[64];
		snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
		ssize_t size = readlink(path, link, sizeof link);
		if (size >= 0)
			json_string_n(names[i], link, (size_t)size);
	}
	json_close('}');
	return 0;
}

/* Content of each file, up to 64 KiB, or the errno. */
int fact_read(int argc, char **argv)
{
	static char data[65536];
	json_open(NULL, '[');
	for (int i = 0; i < argc; i++) {
		json_open(NULL, '{');
		json_string("path", argv[i]);
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		ssize_t size = -1, all = 0;
		if (fd >= 0)
			while ((size = read(fd, data + all, sizeof data - (size_t)all)) > 0)
				all += size;
		if (fd < 0 || size < 0)
			json_errno("error", errno);
		else
			json_string_n("content", data, (size_t)all);
		if (fd >= 0)
			close(fd);
		json_close('}');
	}
	json_close(']');
	return 0;
}

/* Names in a directory. */
int fact_list(int argc, char **argv)
{
	DIR *dir = opendir(argc > 0 ? argv[0] : "/");
	if (dir == NULL) {
		json_errno(NULL, errno);
		return 0;
	}
	json_open(NULL, '[');
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			json_string(NULL, entry->d_name);
	json_close(']');
	return 0;
}

/* Terminal: which of 0-2 are one, its size, whether it is the controlling one. */
int fact_tty(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct winsize size = { 0 };
	char link[4096];
	json_open(NULL, '{');
	json_open("isatty", '[');
	for (int fd = 0; fd < 3; fd++)
		json_bool(NULL, isatty(fd) == 1);
	json_close(']');
	if (ioctl(0, TIOCGWINSZ, &size) == 0) {
		json_number("rows", size.ws_row);
		json_number("columns", size.ws_col);
	}
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	json_bool("controlling", fd >= 0);
	ssize_t count = readlink("/proc/self/fd/0", link, sizeof link);
	if (count >= 0)
		json_string_n("stdin", link, (size_t)count);
	json_close('}');
	return 0;
}

int fact_host(int argc, char **argv)
{
	(void)argc, (void)argv;
	struct utsname name;
	uname(&name);
	json_open(NULL, '{');
	json_string("hostname", name.nodename);
	json_string("domainname", name.domainname);
	json_string("release", name.release);
	json_string("machine", name.machine);
	json_close('}');
	return 0;
}

/* mkdir of each path; answers are errno names or "ok". */
int fact_mkdir(int argc, char **argv)
{
	json_open(NULL, '[');
	for (int i = 0; i < argc; i++)
		json_errno(NULL, mkdir(argv[i], 0755) == 0 ? 0 : errno);
	json_close(']');
	return 0;
}
