/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a batch says of what cannot be read. Reading itself needs block devices: test_devices.py. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/device/batch.h"

#define MANY 40 /* more than are read one after the other */

static const char *const nowhere[] = { "/nonexistent/device", NULL };
static const struct device missing = { .name = "/nonexistent/device",
				       .aliases = nowhere,
				       .logical_block_bytes = 512 };

static void run(struct batch_read *reads, size_t count)
{
	struct batch batch = { .reads = reads, .count = count, .timeout_ms = 5000 };
	struct err err = { 0 };

	assert_int_equal(batch_run(&batch, &err), 0);
	batch_free(&batch);
	batch_finish();
}

static void nothing_to_read_is_fine(void **state)
{
	(void)state;
	run(NULL, 0);
}

static void each_read_has_its_own_result(void **state)
{
	struct batch_read reads[MANY];

	(void)state;
	for (size_t count = 1; count <= MANY; count += MANY - 1) {
		for (size_t i = 0; i < count; i++)
			reads[i] = (struct batch_read){ .device = &missing, .length = 4096 };
		run(reads, count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(reads[i].code, -ENOENT);
			assert_true(reads[i].open_failed);
			assert_int_equal(reads[i].got, 0);
			assert_null(reads[i].bytes);
		}
	}
}

static void ranges_that_cannot_be_are_refused(void **state)
{
	struct batch_read reads[] = {
		{ .device = &missing, .offset = UINT64_MAX - 10, .length = 4096 },
		{ .device = &missing, .offset = 0, .length = 0 },
		{ .device = &missing, .offset = 0, .length = SIZE_MAX - 4096 },
	};

	(void)state;
	run(reads, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(reads[i].code, -EINVAL);
		assert_false(reads[i].open_failed);
	}
}

static void no_child_is_left_behind(void **state)
{
	struct batch_read read = { .device = &missing, .length = 512 };

	(void)state;
	run(&read, 1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void an_ignored_sigchld_does_not_matter(void **state)
{
	struct batch_read read = { .device = &missing, .length = 512 };

	(void)state;
	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	run(&read, 1);
	assert_int_equal(read.code, -ENOENT);
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

static void on_alarm(int number)
{
	(void)number;
	errno = EDOM;
}

/* The process that reads a few works in our memory, and errno is ours: neither of the two may take
 * the other's for its own. */
static void signals_and_results_do_not_mix(void **state)
{
	const struct sigaction handler = { .sa_handler = on_alarm }; /* not SA_RESTART */
	const struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { 0 };
	struct batch_read reads[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		reads[i] = (struct batch_read){ .device = &missing, .length = 512 };
	assert_int_equal(sigaction(SIGALRM, &handler, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (unsigned round = 0; round < 300; round++) {
		run(reads, 3);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(reads[i].code, -ENOENT);
	}
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(signal(SIGALRM, SIG_DFL) != SIG_ERR);
}

/* Counts its failures: a thread must not end in an assertion of cmocka's. */
static void *run_often(void *data)
{
	struct batch_read read = { .device = &missing, .length = 512 };
	unsigned *failures = data;

	for (unsigned round = 0; round < 100; round++) {
		struct batch batch = { .reads = &read, .count = 1, .timeout_ms = 5000 };

		if (batch_run(&batch, NULL) || read.code != -ENOENT)
			++*failures;
		batch_free(&batch);
	}
	return NULL;
}

static void threads_do_not_meet(void **state)
{
	unsigned failures[4] = { 0 };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_often, &failures[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(failures[i], 0);
	}
	assert_true(batch_wait_for_starts());
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Of so many reads that their processes are copies of us. For good: the last test. More of them
 * than are remembered. */
static void children_may_be_waited_for_later(void **state)
{
	struct batch_read reads[8];
	siginfo_t info;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		reads[i] = (struct batch_read){ .device = &missing, .length = 512 };
	batch_finish_later();
	for (unsigned i = 0; i < MANY; i++)
		run(reads, 8);
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	batch_wait();
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_read_is_fine),
		cmocka_unit_test(each_read_has_its_own_result),
		cmocka_unit_test(ranges_that_cannot_be_are_refused),
		cmocka_unit_test(no_child_is_left_behind),
		cmocka_unit_test(an_ignored_sigchld_does_not_matter),
		cmocka_unit_test(signals_and_results_do_not_mix),
		cmocka_unit_test(threads_do_not_meet),
		cmocka_unit_test(children_may_be_waited_for_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
