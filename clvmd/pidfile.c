/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "clvmd/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/fd.h"

/* Who only asks (pidfile_holder) has the lock for an instant. */
#define TRIES	    20
#define TRY_WAIT_NS 10000000

static pid_t read_pid(int fd)
{
	char text[32] = { 0 };
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	long pid = length > 0 ? strtol(text, NULL, 10) : 0;

	return pid > 0 && pid <= INT32_MAX ? (pid_t)pid : 0;
}

int pidfile_take(const char *path, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	char text[32];
	int length;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK)
			return err_set(err, errno, "%s: %s", path, strerror(errno));
		if (i == TRIES)
			return err_set(err, EALREADY, "clvmd is already running (pid %d).",
				       (int)read_pid(fd));
		(void)nanosleep(&(struct timespec){ .tv_nsec = TRY_WAIT_NS }, NULL);
	}
	length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)length, 0) != length)
		return err_set(err, errno ? errno : EIO, "%s: cannot be written: %s", path,
			       strerror(errno));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

void pidfile_release(int fd)
{
	if (ftruncate(fd, 0)) {
		/* An old number in it harms nobody: the lock counts. */
	}
	(void)close(fd);
}

pid_t pidfile_holder(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !flock(fd, LOCK_SH | LOCK_NB))
		return 0;
	return read_pid(fd);
}
