/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/together.h"

#include <signal.h>
#include <stdatomic.h>

#define HELPERS_MAX  15
#define HELPER_STACK ((size_t)256 << 10)

struct work {
	together_fn *fn;
	void *data;
	size_t count;
	atomic_size_t next;
};

static void *help(void *argument)
{
	struct work *work = argument;
	size_t index;

	while ((index = atomic_fetch_add(&work->next, 1)) < work->count)
		work->fn(work->data, index);
	return NULL;
}

/* Returns how many were started. */
static size_t start_threads(pthread_t *threads, size_t wanted, void *(*fn)(void *data), void *data)
{
	sigset_t all, before;
	pthread_attr_t attributes;
	size_t started = 0;

	if (pthread_attr_init(&attributes))
		return 0;
	(void)sigfillset(&all);
	if (!pthread_attr_setstacksize(&attributes, HELPER_STACK) &&
	    !pthread_sigmask(SIG_SETMASK, &all, &before)) {
		while (started < wanted &&
		       !pthread_create(&threads[started], &attributes, fn, data))
			started++;
		(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	(void)pthread_attr_destroy(&attributes);
	return started;
}

void together_run(size_t count, size_t few, together_fn *fn, void *data)
{
	struct work work = { .fn = fn, .data = data, .count = count };
	pthread_t helpers[HELPERS_MAX];
	size_t wanted = count <= few ? 0 : count / 2, started = 0;

	if (wanted)
		started = start_threads(helpers, wanted < HELPERS_MAX ? wanted : HELPERS_MAX, help,
					&work);
	(void)help(&work);
	while (started)
		(void)pthread_join(helpers[--started], NULL);
}

void beside_start(struct beside *beside, void *(*fn)(void *data), void *data)
{
	beside->is_running = start_threads(&beside->thread, 1, fn, data);
	if (!beside->is_running)
		(void)fn(data);
}

void beside_wait(struct beside *beside)
{
	if (beside->is_running)
		(void)pthread_join(beside->thread, NULL);
	beside->is_running = false;
}
