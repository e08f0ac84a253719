/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Prometheus reads. The lab parses all of it with Prometheus' own library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clvmd/metrics.h"

static struct buf printed(const struct metrics *metrics)
{
	struct buf out = { .limit = 65536 };

	metrics_print(metrics, &out);
	assert_false(out.failed);
	return out;
}

static void the_histogram_is_cumulated(void **state)
{
	struct metrics metrics = { 0 };
	struct buf out;

	(void)state;
	metrics_lock_granted(&metrics, 400000);	     /* 0.4 ms */
	metrics_lock_granted(&metrics, 500000);	     /* the bound belongs to its bucket */
	metrics_lock_granted(&metrics, 1500000);     /* 1.5 ms */
	metrics_lock_granted(&metrics, 61000000000); /* longer than the last bound */
	out = printed(&metrics);
	assert_non_null(strstr(out.data, "# TYPE clvmd_lock_wait_seconds histogram\n"
					 "clvmd_lock_wait_seconds_bucket{le=\"0.0005\"} 2\n"
					 "clvmd_lock_wait_seconds_bucket{le=\"0.001\"} 2\n"
					 "clvmd_lock_wait_seconds_bucket{le=\"0.0025\"} 3\n"));
	assert_non_null(strstr(out.data, "_bucket{le=\"60\"} 3\n"
					 "clvmd_lock_wait_seconds_bucket{le=\"+Inf\"} 4\n"
					 "clvmd_lock_wait_seconds_sum 61.002400000\n"
					 "clvmd_lock_wait_seconds_count 4\n"));
	assert_non_null(strstr(out.data, "clvmd_lock_requests_total{result=\"granted\"} 4\n"));
	buf_free(&out);
}

static void counters_are_shown_where_they_belong(void **state)
{
	struct metrics metrics = { .send_retries = 11, .clients = 12 };
	struct buf out;

	(void)state;
	metrics.locks[RESULT_TIMED_OUT] = 13;
	metrics.operations[RESULT_FAILED] = 14;
	out = printed(&metrics);
	assert_non_null(strstr(out.data, "\nclvmd_send_retries_total 11\n"));
	assert_non_null(strstr(out.data, "\nclvmd_clients_total 12\n"));
	assert_non_null(strstr(out.data, "\nclvmd_lock_requests_total{result=\"timeout\"} 13\n"));
	assert_non_null(strstr(out.data, "\nclvmd_operations_total{result=\"failed\"} 14\n"));
	buf_free(&out);
}

static void a_label_is_escaped(void **state)
{
	struct buf out = { .limit = 1000 };

	(void)state;
	metrics_sample(&out, "name", "label", "a\"b\\c\nd", 1);
	assert_string_equal(out.data, "name{label=\"a\\\"b\\\\c\\nd\"} 1\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_histogram_is_cumulated),
		cmocka_unit_test(counters_are_shown_where_they_belong),
		cmocka_unit_test(a_label_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
