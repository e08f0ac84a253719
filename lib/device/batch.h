/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many reads of many devices at once. A device that hangs costs one deadline, not one for each that
 * hangs, and does not keep the others from being read; nor does it keep this process from ending.
 */
#ifndef LIB_DEVICE_BATCH_H
#define LIB_DEVICE_BATCH_H

#include "lib/device/device.h"

struct batch_read {
	const struct device *device;
	uint64_t offset;
	size_t length;
	/* What is likely there, or NULL. Where it is, @bytes is this, and no memory is needed;
	 * where it is not, @got may be 0 although nothing went wrong. After is_lost it must stay.
	 */
	const unsigned char *expected;
	/* Set by batch_run(): */
	int code;		    /* 0, -errno; -ETIMEDOUT: no answer */
	bool open_failed;	    /* @code is of opening it, not of reading */
	const unsigned char *bytes; /* those read; until batch_free() */
	size_t got;		    /* how many: fewer than @length only at the end of the device */
};

struct batch {
	struct batch_read *reads; /* of the caller, who may use them after batch_free() but for
				     @bytes */
	size_t count;
	unsigned timeout_ms; /* without any answer until devices are given up */
	/* Private. */
	void *memory;
	size_t memory_size;
	bool is_private; /* the reader works in it as a part of our memory */
	bool is_lost;	 /* it may still do so: a device hangs */
};

/** Fails only without memory: what happened to each read is said there. */
int batch_run(struct batch *batch, struct err *err) MUST_CHECK;
void batch_free(struct batch *batch);

/**
 * All that was read, @bytes in it, becomes the caller's, who releases @ret_memory by pages_unmap()
 * when they are not needed any more. False: it stays the batch's, or they never were in it.
 */
bool batch_take_memory(struct batch *batch, const void *bytes, void **ret_memory, size_t *ret_size);

/**
 * A process that has read all takes some milliseconds to end: waiting for it is put off until
 * batch_finish(), at the end of what the bytes were read for.
 */
void batch_finish(void);

/**
 * From now on batch_finish() leaves it to batch_wait(): for a process that has something to say
 * first, or ends soon, so that init waits for its children.
 */
void batch_finish_later(void);
/** Wait for those of all threads. */
void batch_wait(void);

/**
 * Until it has closed them, such a process has copies of all descriptors: a device that a thread
 * has opened exclusively, and closed, is busy. Wait until those that have begun are past that;
 * false: given up.
 */
bool batch_wait_for_starts(void);

#endif
