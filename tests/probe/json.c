#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool comma;

static void quoted(const char *text, size_t size)
{
	putchar('"');
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void item(const char *key)
{
	if (comma)
		putchar(',');
	comma = true;
	if (key != NULL) {
		quoted(key, strlen(key));
		putchar(':');
	}
}

void json_begin(void)
{
	comma = false;
}

void json_open(const char *key, char bracket)
{
	item(key);
	putchar(bracket);
	comma = false;
}

void json_close(char bracket)
{
	putchar(bracket);
	comma = true;
}

void json_string_n(const char *key, const char *value, size_t size)
{
	item(key);
	quoted(value, size);
}

void json_string(const char *key, const char *value)
{
	json_string_n(key, value, strlen(value));
}

void json_number(const char *key, long long value)
{
	item(key);
	printf("%lld", value);
}

void json_hex(const char *key, unsigned long long value)
{
	item(key);
	printf("\"%llx\"", value);
}

void json_bool(const char *key, bool value)
{
	item(key);
	fputs(value ? "true" : "false", stdout);
}

void json_null(const char *key)
{
	item(key);
	fputs("null", stdout);
}

const char *errno_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ 0, "ok" },           { EPERM, "EPERM" },   { ENOENT, "ENOENT" },   { ESRCH, "ESRCH" },     { EINTR, "EINTR" },
		{ EIO, "EIO" },        { ENXIO, "ENXIO" },   { EBADF, "EBADF" },     { EAGAIN, "EAGAIN" },   { ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },  { EFAULT, "EFAULT" }, { EBUSY, "EBUSY" },     { EEXIST, "EEXIST" },   { ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" }, { EISDIR, "EISDIR" }, { EINVAL, "EINVAL" },  { ENOSPC, "ENOSPC" },   { EROFS, "EROFS" },
		{ EPIPE, "EPIPE" },    { ENOSYS, "ENOSYS" }, { ELOOP, "ELOOP" },     { ENOTSUP, "ENOTSUP" }, { ENOTTY, "ENOTTY" },
		{ ENOKEY, "ENOKEY" },  { ENETUNREACH, "ENETUNREACH" }, { ECONNREFUSED, "ECONNREFUSED" },     { ETXTBSY, "ETXTBSY" },
		{ EFBIG, "EFBIG" },    { EMFILE, "EMFILE" }, { EADDRNOTAVAIL, "EADDRNOTAVAIL" },             { EBADMSG, "EBADMSG" },
	};
	static char other[16];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == number)
			return names[i].name;
	snprintf(other, sizeof other, "%d", number);
	return other;
}

void json_errno(const char *key, int number)
{
	json_string(key, errno_name(number));
}
