/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same for many at a time: each once, really at the same time, and signals stay where they
 * were. */
#include "lib/together.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MANY 300

struct seen {
	atomic_int times[MANY];
	atomic_int order;
	int orders[MANY];
};

static void see(void *data, size_t index)
{
	struct seen *seen = data;

	atomic_fetch_add(&seen->times[index], 1);
	seen->orders[index] = atomic_fetch_add(&seen->order, 1);
}

static void each_once(void **state)
{
	static const size_t counts[] = { 0, 1, 4, 5, 17, MANY };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
		struct seen seen = { 0 };

		together_run(counts[c], TOGETHER_FEW, see, &seen);
		for (size_t i = 0; i < MANY; i++)
			assert_int_equal(atomic_load(&seen.times[i]), i < counts[c]);
		for (size_t i = 0; counts[c] <= 4 && i < counts[c]; i++)
			assert_int_equal(seen.orders[i], i);
	}
}

/* None returns before another one has come: with one thread it would never end. */
static void meet(void *data, size_t index)
{
	pthread_barrier_t *pair = data;

	(void)index;
	(void)pthread_barrier_wait(pair);
}

static void *wait_for_another(void *data)
{
	(void)pthread_barrier_wait(data);
	return NULL;
}

static void one_beside_the_caller(void **state)
{
	struct beside beside = { 0 };
	pthread_barrier_t pair;

	(void)state;
	beside_wait(&beside);
	assert_int_equal(pthread_barrier_init(&pair, NULL, 2), 0);
	beside_start(&beside, wait_for_another, &pair);
	(void)pthread_barrier_wait(&pair);
	beside_wait(&beside);
	beside_wait(&beside);
	(void)pthread_barrier_destroy(&pair);
}

static void two_at_a_time(void **state)
{
	pthread_barrier_t pair;

	(void)state;
	assert_int_equal(pthread_barrier_init(&pair, NULL, 2), 0);
	together_run(6, TOGETHER_FEW, meet, &pair);
	together_run(2, 1, meet, &pair);
	assert_int_equal(pthread_barrier_destroy(&pair), 0);
}

struct blocked {
	pthread_t caller;
	atomic_int callers_open, helpers_open;
};

static void look_at_mask(void *data, size_t index)
{
	struct blocked *blocked = data;
	sigset_t mask;

	(void)index;
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	if (sigismember(&mask, SIGTERM))
		return;
	atomic_fetch_add(pthread_equal(pthread_self(), blocked->caller) ? &blocked->callers_open
									: &blocked->helpers_open,
			 1);
}

static void signals_stay_with_the_caller(void **state)
{
	struct blocked blocked = { .caller = pthread_self() };
	sigset_t mask;

	(void)state;
	together_run(MANY, TOGETHER_FEW, look_at_mask, &blocked);
	assert_int_equal(atomic_load(&blocked.helpers_open), 0);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	assert_false(sigismember(&mask, SIGTERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_once),
		cmocka_unit_test(one_beside_the_caller),
		cmocka_unit_test(two_at_a_time),
		cmocka_unit_test(signals_stay_with_the_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
