/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into a program, this makes it likely that a thread forks while another has a device
 * open exclusively, and that the other opens it again before the child has closed its copy: what
 * was opened exclusively stays so for a while, and a child that closes what it inherited takes its
 * time.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&pause, NULL);
}

int close_range(unsigned int first, unsigned int last, int flags)
{
	wait_ms(50);
	return (int)syscall(SYS_close_range, first, last, flags);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd >= 0 && flags & O_EXCL && !(flags & O_CREAT))
		wait_ms(10);
	return fd;
}
