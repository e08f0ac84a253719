/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two processes of a batch share: batch.c asks and waits, batch_reader.c reads. */
#ifndef LIB_DEVICE_BATCH_READER_H
#define LIB_DEVICE_BATCH_READER_H

#include <stdatomic.h>

#include "lib/device/batch.h"

enum slot_state {
	SLOT_WAITING,
	SLOT_BUSY,   /* the reader itself may hang at it */
	SLOT_FLYING, /* the kernel has it */
	SLOT_DONE,   /* result is set */
};

/* One read, in memory that both processes see. Only the reader writes, while there is one. */
struct slot {
	_Atomic int state; /* enum slot_state */
	int result;	   /* bytes read, or -errno */
	bool open_failed;
	int fd;
	const struct device *device;
	uint64_t start;
	size_t length;	      /* start and length are whole blocks of the device */
	unsigned char *bytes; /* NULL: read it into a buffer, where it is only compared: */
	/* What is likely there from @skip on; where it is not, @result is 0. */
	const unsigned char *expected;
	size_t skip, expected_length;
};

#define SLOT_PIECE_BYTES ((size_t)128 << 10) /* a buffer is not smaller */
#define SLOT_BUFFERS_MAX 32

struct slot_list {
	struct slot *slots;
	size_t count;
	unsigned char *buffers; /* for those that are compared, in turn */
	size_t buffer_bytes;	/* of each; many at a time, any slot that is compared fits */
	size_t buffer_count;
};

/**
 * Read all slots that wait, many at a time if the kernel takes asynchronous reads. A byte goes to
 * @progress_fd (unless -1) whenever some are done. Makes system calls only: it may run in a child
 * of a process with threads, or in one that shares our memory.
 */
void batch_reader_run(const struct slot_list *list, int progress_fd);

/** Are so many read many at a time? */
bool batch_reader_is_together(size_t count);

/** Its one byte; nothing for -1. */
void batch_reader_tell(int progress_fd);

#endif
