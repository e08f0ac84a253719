/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that reads the slots of a batch, so that a device that hangs does not hang us. */
#ifndef LIB_DEVICE_READER_PROCESS_H
#define LIB_DEVICE_READER_PROCESS_H

#include <sys/types.h>

#include "lib/device/batch_reader.h"

struct reader {
	pid_t pid;
	int fd;	     /* a byte for whatever is done; end of file: it has ended */
	void *stack; /* it works in our memory; NULL: in a copy of it */
};

/**
 * May the process for so many slots work in our memory? It then starts and ends without a copy of
 * all page tables, and the slots need not be shared memory. Not when the kernel's asynchronous I/O
 * is used, whose end is waited for at the end of the last process that shares the memory; nor after
 * a reader was given up: its memory may never be used again.
 */
bool reader_may_share(size_t count);

/** -errno when there is no process to be had. */
int reader_start(const struct slot_list *list, bool shares, unsigned timeout_ms,
		 struct reader *ret_reader) MUST_CHECK;

/** All slots are done, or it has ended. */
void reader_end(struct reader *reader);

/** It does not come back from a device. What it may still touch, the slots too, is not to be freed
 * if it shares our memory. */
void reader_give_up(struct reader *reader);

#endif
