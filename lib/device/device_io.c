/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Direct I/O wants memory, offset and length aligned to the device's blocks: everything goes
 * through a bounce buffer, a window of the device rounded out to whole blocks. A write of part of a
 * block reads that block first; one block is written by one request, so a crash leaves the old or
 * the new block.
 */
#include "lib/device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/device/batch.h"
#include "lib/fd.h"
#include "metadata/base/cleanup.h"

#define WINDOW_BYTES	 ((size_t)256 << 10)
#define MEMORY_ALIGNMENT ((size_t)4096)

/* A piece of the device, in whole blocks, and the part of it that is asked for. */
struct window {
	uint64_t start; /* on the device */
	size_t length;
	size_t skip; /* bytes before the part */
	size_t used; /* bytes of the part */
};

static struct window window_at(const struct device *device, uint64_t offset, size_t length)
{
	uint64_t block = device->logical_block_bytes;
	struct window window;

	window.start = offset - offset % block;
	window.skip = (size_t)(offset - window.start);
	window.used = WINDOW_BYTES - window.skip;
	if (window.used > length)
		window.used = length;
	window.length = window.skip + window.used;
	window.length += (size_t)(block - 1 - (window.length + block - 1) % block);
	return window;
}

static void *window_memory(const struct device *device, size_t length)
{
	size_t alignment = MEMORY_ALIGNMENT, size;

	if (alignment < device->logical_block_bytes)
		alignment = device->logical_block_bytes;
	size = length < WINDOW_BYTES ? length + device->logical_block_bytes * (size_t)2
				     : WINDOW_BYTES;
	size = (size + alignment - 1) / alignment * alignment;
	return aligned_alloc(alignment, size);
}

/* ---- open ---- */

int device_open_alone(const char *path, int flags)
{
	int fd = open(path, flags | O_EXCL);

	if (fd < 0 && errno == EBUSY && batch_wait_for_starts())
		fd = open(path, flags | O_EXCL);
	return fd;
}

static int open_path(const struct device *device, const char *path, int flags)
{
	struct stat st;
	int fd = flags & O_EXCL ? device_open_alone(path, flags) : open(path, flags);
	int code;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISBLK(st.st_mode) && st.st_rdev == device->devno)
		return fd;
	/* The name leads to another device by now. */
	code = ENXIO;
	(void)close(fd);
	return -code;
}

static bool is_other_device(int rc)
{
	return rc == -ENXIO || rc == -ENOENT || rc == -ENODEV;
}

static int open_any(const struct device *device, enum device_mode mode)
{
	int flags = (mode == DEVICE_READ ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC | O_NOCTTY;
	int fd;

	if (mode == DEVICE_EXCLUSIVE)
		flags |= O_EXCL;
	fd = open_path(device, device->name, flags);
	for (const char *const *alias = device->aliases; is_other_device(fd) && *alias; alias++)
		fd = open_path(device, *alias, flags);
	return fd;
}

int device_open_plain(const struct device *device)
{
	return open_any(device, DEVICE_READ);
}

int device_open(const struct device *device, enum device_mode mode, struct err *err)
{
	int fd = open_any(device, mode);

	if (fd >= 0)
		return fd;
	if (fd == -EBUSY && mode == DEVICE_EXCLUSIVE)
		return err_set(err, EBUSY, "Can't open %s exclusively.  Mounted filesystem?",
			       device->name);
	return err_set(err, -fd, "%s: open failed: %s", device->name, strerror(-fd));
}

/* ---- read ---- */

static int io_failed(const struct device *device, const char *what, uint64_t offset, size_t length,
		     int code, struct err *err)
{
	return err_set(err, code ? code : EIO, "Error %s device %s at %llu length %zu: %s.", what,
		       device->name, (unsigned long long)offset, length,
		       code ? strerror(code) : "end of device");
}

static int read_window(int fd, const struct device *device, const struct window *window,
		       unsigned char *bytes, struct err *err)
{
	size_t done = 0;

	while (done < window->length) {
		ssize_t got = pread(fd, bytes + done, window->length - done,
				    (off_t)(window->start + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return io_failed(device, "reading", window->start, window->length, errno,
					 err);
		done += (size_t)got;
		/* A short read of a device ends at a block; the end itself may be unaligned. */
		if (!got || (size_t)got % device->logical_block_bytes)
			break;
	}
	if (done < window->skip + window->used)
		return io_failed(device, "reading", window->start, window->length, 0, err);
	return 0;
}

static bool range_is_valid(uint64_t offset, size_t length)
{
	const uint64_t end = INT64_MAX - WINDOW_BYTES; /* room to round up */

	return offset <= end && length <= end - offset;
}

int device_read(int fd, const struct device *device, uint64_t offset, void *bytes, size_t length,
		struct err *err)
{
	AUTO_FREE unsigned char *memory = NULL;
	unsigned char *at = bytes;
	int rc;

	if (!length)
		return 0;
	if (!range_is_valid(offset, length))
		return io_failed(device, "reading", offset, length, EINVAL, err);
	if (!(memory = window_memory(device, length)))
		return err_set(err, ENOMEM, "Out of memory reading %s.", device->name);
	while (length) {
		struct window window = window_at(device, offset, length);

		if ((rc = read_window(fd, device, &window, memory, err)))
			return rc;
		memcpy(at, memory + window.skip, window.used);
		at += window.used;
		offset += window.used;
		length -= window.used;
	}
	return 0;
}

/* ---- write ---- */

static int write_window(int fd, const struct device *device, const struct window *window,
			const unsigned char *bytes, struct err *err)
{
	size_t done = 0;

	while (done < window->length) {
		ssize_t put = pwrite(fd, bytes + done, window->length - done,
				     (off_t)(window->start + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return io_failed(device, "writing", window->start, window->length,
					 put ? errno : 0, err);
		done += (size_t)put;
	}
	return 0;
}

/* Only the first and the last block can hold bytes of others. */
static int read_edges(int fd, const struct device *device, const struct window *window,
		      unsigned char *memory, struct err *err)
{
	uint32_t block = device->logical_block_bytes;
	struct window first = { window->start, block, 0, block };
	struct window last = { window->start + window->length - block, block, 0, block };
	bool head = window->skip, tail = window->skip + window->used < window->length;
	int rc;

	if ((head || (tail && last.start == first.start)) &&
	    (rc = read_window(fd, device, &first, memory, err)))
		return rc;
	if (tail && last.start != first.start)
		return read_window(fd, device, &last, memory + window->length - block, err);
	return 0;
}

int device_write(int fd, const struct device *device, uint64_t offset, const void *bytes,
		 size_t length, struct err *err)
{
	AUTO_FREE unsigned char *memory = NULL;
	const unsigned char *at = bytes;
	int rc;

	if (!length)
		return 0;
	if (!range_is_valid(offset, length))
		return io_failed(device, "writing", offset, length, EINVAL, err);
	if (!(memory = window_memory(device, length)))
		return err_set(err, ENOMEM, "Out of memory writing %s.", device->name);
	while (length) {
		struct window window = window_at(device, offset, length);

		if ((rc = read_edges(fd, device, &window, memory, err)))
			return rc;
		memcpy(memory + window.skip, at, window.used);
		if ((rc = write_window(fd, device, &window, memory, err)))
			return rc;
		at += window.used;
		offset += window.used;
		length -= window.used;
	}
	return 0;
}

int device_flush(int fd, const struct device *device, struct err *err)
{
	while (fdatasync(fd))
		if (errno != EINTR)
			return err_set(err, errno, "%s: flush failed: %s", device->name,
				       strerror(errno));
	return 0;
}
