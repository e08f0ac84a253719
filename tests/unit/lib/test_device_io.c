/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes at any offset through whole blocks, against a copy in memory. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/device/device.h"

#define FILE_BYTES ((size_t)1 << 20)
#define ROUNDS	   300

struct fixture {
	char path[64];
	int fd;
	unsigned char *shadow;
	struct device device;
	struct err err;
};

static unsigned seed;

static size_t below(size_t limit)
{
	return (size_t)rand_r(&seed) % limit;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->path, sizeof(f->path), "/tmp/test_device_io.XXXXXX");
	f->fd = mkstemp(f->path);
	assert_true(f->fd >= 0);
	f->shadow = malloc(FILE_BYTES);
	assert_non_null(f->shadow);
	for (size_t i = 0; i < FILE_BYTES; i++)
		f->shadow[i] = (unsigned char)below(256);
	assert_int_equal(write(f->fd, f->shadow, FILE_BYTES), FILE_BYTES);
	assert_int_equal(fsync(f->fd), 0);
	/* Without direct I/O (tmpfs of old kernels) the arithmetic is tested all the same. */
	if (fcntl(f->fd, F_SETFL, O_DIRECT))
		(void)fprintf(stderr, "no direct I/O on %s\n", f->path);
	f->device.name = "test device";
	f->device.size_bytes = FILE_BYTES;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void)close(f->fd);
	(void)unlink(f->path);
	free(f->shadow);
	free(f);
	return 0;
}

/* Fill what malloc hands out next, so that bytes that were not read do not look right by luck. */
static void poison_free_memory(size_t length)
{
	void *memory = aligned_alloc(4096, (length + 16383) / 4096 * 4096);
	volatile unsigned char *bytes = memory;

	for (size_t i = 0; bytes && i < length; i++)
		bytes[i] = 0xa5;
	free(memory);
}

static void any_range_is_read_and_written(struct fixture *f, uint32_t block)
{
	unsigned char *bytes = malloc(FILE_BYTES);

	assert_non_null(bytes);
	f->device.logical_block_bytes = block;
	for (int i = 0; i < ROUNDS; i++) {
		size_t length = 1 + below(i % 10 ? 3 * (size_t)block : FILE_BYTES / 2);
		size_t offset = below(FILE_BYTES - length + 1);

		for (size_t k = 0; k < length; k++)
			bytes[k] = (unsigned char)below(256);
		poison_free_memory(length);
		assert_int_equal(device_write(f->fd, &f->device, offset, bytes, length, &f->err),
				 0);
		memcpy(f->shadow + offset, bytes, length);

		assert_int_equal(device_read(f->fd, &f->device, 0, bytes, FILE_BYTES, &f->err), 0);
		assert_memory_equal(bytes, f->shadow, FILE_BYTES);
		length = 1 + below(3 * (size_t)block);
		offset = below(FILE_BYTES - length + 1);
		assert_int_equal(device_read(f->fd, &f->device, offset, bytes, length, &f->err), 0);
		assert_memory_equal(bytes, f->shadow + offset, length);
	}
	assert_int_equal(device_flush(f->fd, &f->device, &f->err), 0);
	free(bytes);
}

static void blocks_of_512_bytes(void **state)
{
	any_range_is_read_and_written(*state, 512);
}

static void blocks_of_4096_bytes(void **state)
{
	any_range_is_read_and_written(*state, 4096);
}

static void reading_past_the_end_fails_and_says_where(void **state)
{
	struct fixture *f = *state;
	unsigned char bytes[1024];

	f->device.logical_block_bytes = 512;
	assert_int_equal(device_read(f->fd, &f->device, FILE_BYTES - 512, bytes, 1024, &f->err),
			 -EIO);
	assert_string_equal(f->err.text, "Error reading device test device at 1048064 length 1024: "
					 "end of device.");
}

static void offsets_that_do_not_fit_are_refused(void **state)
{
	struct fixture *f = *state;
	unsigned char byte = 0;

	f->device.logical_block_bytes = 512;
	assert_int_equal(device_read(f->fd, &f->device, UINT64_MAX - 1, &byte, 1, &f->err),
			 -EINVAL);
	assert_int_equal(device_write(f->fd, &f->device, INT64_MAX, &byte, 1, &f->err), -EINVAL);
	assert_int_equal(device_read(f->fd, &f->device, 0, &byte, SIZE_MAX, &f->err), -EINVAL);
}

static void an_open_that_finds_no_device_names_it(void **state)
{
	struct fixture *f = *state;
	const char *const aliases[] = { "/dev/no-such-device", NULL };

	f->device.name = aliases[0];
	f->device.aliases = aliases;
	assert_int_equal(device_open(&f->device, DEVICE_READ, &f->err), -ENOENT);
	assert_string_equal(f->err.text,
			    "/dev/no-such-device: open failed: No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const char *given = getenv("TEST_SEED");
	const struct CMUnitTest tests[] = {
		TEST(blocks_of_512_bytes),
		TEST(blocks_of_4096_bytes),
		TEST(reading_past_the_end_fails_and_says_where),
		TEST(offsets_that_do_not_fit_are_refused),
		TEST(an_open_that_finds_no_device_names_it),
	};

	seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	(void)fprintf(stderr, "TEST_SEED=%u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
