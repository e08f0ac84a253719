/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For test_crash.py and test_failing_disks.py, through LD_PRELOAD: sees every write and flush that
 *a command sends to a disk.
 *
 *	FAULT_DEVICES=7:0,7:1	the disks (major:minor); other files are left alone
 *	FAULT_LOG=FILE		append each write (with its bytes) and each flush that was done
 *	FAULT_KILL_AT=N		SIGKILL instead of the Nth write or flush
 *	FAULT_FAIL=7:1		this disk (of those) fails:
 *	FAULT_FAIL_AT=N		every write and flush from its Nth on, with EIO
 *	FAULT_FAIL_READS=1	every read, with EIO
 *	FAULT_GONE=PATH		opening this path says that there is no such device
 *	FAULT_SEED=N		time() stands still and getrandom() repeats, so that the same
 *				command writes the same bytes each time
 *
 * io_setup() says that the kernel has no asynchronous I/O: to end it takes many times as long as
 * all the rest of a command here. pthread_create() says that there is no thread to be had: then
 * writes come in the same order each time. (What a power cut leaves of those that no flush made
 * durable is any of them, in whatever order they were sent.)
 *
 * A log record is four 64-bit numbers in the machine's order: 'W' or 'F', device (major << 32 |
 * minor), offset, length; and the bytes of a write. What a power cut leaves is computed from the
 * log. BLKFLSBUF is not seen, because it does not flush the disk's own cache.
 */
/* pwrite() and pwrite64() are both to be defined. */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define STOPPED_CLOCK 1700000000

static unsigned long event_count;

/* ---- which files ---- */

static bool is_listed(unsigned major_number, unsigned minor_number)
{
	const char *at = getenv("FAULT_DEVICES");

	while (at && *at) {
		char *end;
		unsigned long major_listed = strtoul(at, &end, 10), minor_listed;

		if (*end != ':')
			return false;
		minor_listed = strtoul(end + 1, &end, 10);
		if (major_listed == major_number && minor_listed == minor_number)
			return true;
		at = *end == ',' ? end + 1 : NULL;
	}
	return false;
}

static bool is_disk(int fd, uint64_t *ret_device)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode) ||
	    !is_listed(major(st.st_rdev), minor(st.st_rdev)))
		return false;
	*ret_device = (uint64_t)major(st.st_rdev) << 32 | minor(st.st_rdev);
	return true;
}

/* ---- events ---- */

static void maybe_die(void)
{
	const char *kill_at = getenv("FAULT_KILL_AT");

	event_count++;
	if (kill_at && strtoul(kill_at, NULL, 10) == event_count) {
		(void)kill(getpid(), SIGKILL);
		_exit(EXIT_FAILURE);
	}
}

/* ---- a disk that fails ---- */

static bool is_failing(uint64_t device)
{
	const char *failing = getenv("FAULT_FAIL");
	char name[32];

	(void)snprintf(name, sizeof(name), "%u:%u", (unsigned)(device >> 32), (unsigned)device);
	return failing && !strcmp(failing, name);
}

static bool write_fails(uint64_t device)
{
	static unsigned long count;
	const char *fail_at = getenv("FAULT_FAIL_AT");

	return fail_at && is_failing(device) && ++count >= strtoul(fail_at, NULL, 10);
}

static bool read_fails(int fd)
{
	uint64_t device;

	return getenv("FAULT_FAIL_READS") && is_disk(fd, &device) && is_failing(device);
}

static int fail_with(int code)
{
	errno = code;
	return -1;
}

static bool is_gone(const char *path)
{
	const char *gone = getenv("FAULT_GONE");

	return gone && !strcmp(gone, path);
}

/* ---- the log ---- */

static void put(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length) {
		ssize_t done = syscall(SYS_write, fd, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			abort(); /* a log with a hole would prove nothing */
		at += done;
		length -= (size_t)done;
	}
}

static void note(char kind, uint64_t device, off_t offset, const void *bytes, size_t length)
{
	const uint64_t record[] = { (uint64_t)kind, device, (uint64_t)offset, length };
	const char *path = getenv("FAULT_LOG");
	int code = errno, fd;

	if (!path)
		return;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
		abort();
	put(fd, record, sizeof(record));
	put(fd, bytes, length);
	(void)close(fd);
	errno = code;
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset)
{
	uint64_t device;
	ssize_t done;

	if (!is_disk(fd, &device))
		return syscall(SYS_pwrite64, fd, bytes, length, offset);
	maybe_die();
	if (write_fails(device))
		return fail_with(EIO);
	done = syscall(SYS_pwrite64, fd, bytes, length, offset);
	if (done > 0)
		note('W', device, offset, bytes, (size_t)done);
	return done;
}

static int flush(int fd, long number)
{
	uint64_t device;
	int rc;

	if (!is_disk(fd, &device))
		return (int)syscall(number, fd);
	maybe_die();
	if (write_fails(device))
		return fail_with(EIO);
	if (!(rc = (int)syscall(number, fd)))
		note('F', device, 0, "", 0);
	return rc;
}

/* Nobody writes to our disks this way yet; who begins to is told, not missed. */
static void refuse_disk(int fd)
{
	uint64_t device;

	if (is_disk(fd, &device))
		abort();
}

/* ---- instead of libc's ---- */

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return write_at(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	return write_at(fd, bytes, length, offset);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	uint64_t device;
	off_t offset;
	ssize_t done;

	if (!is_disk(fd, &device))
		return syscall(SYS_write, fd, bytes, length);
	offset = lseek(fd, 0, SEEK_CUR);
	if ((done = write_at(fd, bytes, length, offset)) > 0)
		(void)lseek(fd, offset + done, SEEK_SET);
	return done;
}

ssize_t writev(int fd, const struct iovec *vector, int count)
{
	refuse_disk(fd);
	return syscall(SYS_writev, fd, vector, count);
}

ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t offset)
{
	refuse_disk(fd);
	return syscall(SYS_pwritev, fd, vector, count, offset, 0);
}

ssize_t pwritev64(int fd, const struct iovec *vector, int count, off64_t offset)
{
	return pwritev(fd, vector, count, offset);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset)
{
	return read_fails(fd) ? fail_with(EIO) : syscall(SYS_pread64, fd, bytes, length, offset);
}

ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	return pread64(fd, bytes, length, offset);
}

int open(const char *path, int flags, ...)
{
	unsigned mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(args, unsigned);
	va_end(args);
	return is_gone(path) ? fail_with(ENXIO)
			     : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

/* What open() is with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
ssize_t __pread64_chk(int fd, void *bytes, size_t length, off64_t offset, size_t size);

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
	return open(path, flags);
}

ssize_t __pread64_chk(int fd, void *bytes, size_t length, off64_t offset, size_t size)
{
	(void)size;
	return pread64(fd, bytes, length, offset);
}

int fdatasync(int fd)
{
	return flush(fd, SYS_fdatasync);
}

int fsync(int fd)
{
	return flush(fd, SYS_fsync);
}

struct io_context;
int io_setup(int count, struct io_context **ret_io);

int io_setup(int count, struct io_context **ret_io)
{
	(void)count;
	(void)ret_io;
	return -ENOSYS;
}

int pthread_create(pthread_t *ret_thread, const pthread_attr_t *attributes, void *(*start)(void *),
		   void *argument)
{
	(void)ret_thread;
	(void)attributes;
	(void)start;
	(void)argument;
	return EAGAIN;
}

time_t time(time_t *ret_now)
{
	struct timespec now = { .tv_sec = STOPPED_CLOCK };

	if (!getenv("FAULT_SEED"))
		(void)syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	if (ret_now)
		*ret_now = now.tv_sec;
	return now.tv_sec;
}

ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
	static uint64_t state;
	const char *seed = getenv("FAULT_SEED");
	unsigned char *at = bytes;

	if (!seed)
		return syscall(SYS_getrandom, bytes, length, flags);
	if (!state)
		state = strtoul(seed, NULL, 10) * 0x9e3779b97f4a7c15U + 1;
	for (size_t i = 0; i < length; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		at[i] = (unsigned char)(state >> 32);
	}
	return (ssize_t)length;
}
