/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads for what mostly waits for disks: the same thing for many of them at a time, or one thing
 * beside what the caller does meanwhile. Signals stay with the caller's thread.
 */
#ifndef LIB_TOGETHER_H
#define LIB_TOGETHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/** Called once for each index; must not touch what belongs to another, nor report anything. */
typedef void together_fn(void *data, size_t index);

/* Of what is soon done: for so many, starting threads takes longer than it saves. */
#define TOGETHER_FEW 4

/**
 * @fn for 0 to @count - 1, from several threads when there are more than @few, and return when all
 * have. Up to @few are done in their order by the caller alone, and so are all when no thread is to
 * be had.
 */
void together_run(size_t count, size_t few, together_fn *fn, void *data);

struct beside {
	pthread_t thread;
	bool is_running;
};

/** @fn(@data) in a thread of its own; without one it is done when this returns. It must not touch
 * what the caller does not leave alone until beside_wait(), nor report anything. */
void beside_start(struct beside *beside, void *(*fn)(void *data), void *data);

/** Until it is done. To be called once or more often. */
void beside_wait(struct beside *beside);

#endif
