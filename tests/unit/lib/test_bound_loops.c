/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/device/bound_loops.h"
#include "metadata/base/buf.h"

static const char sample[] = "major minor  #blocks  name\n\n"
			     "   7       12    5207040 loop12\n"
			     "   7        0    5207040 loop0\n"
			     " 259        3       1024 loop12p1\n"
			     " 254        0  268435456 vda\n"
			     "   7     1001          1 loop1001"; /* no newline */

static void only_whole_loops_that_are_not_told_of_are_empty(void **state)
{
	static const struct {
		const char *name;
		bool is_empty;
	} rows[] = {
		{ "loop0", false },    { "loop12", false },  { "loop1001", false },
		{ "loop1", true },     { "loop100", true },  { "loop99999999999", false },
		{ "loop12p1", false }, { "loop5p1", false }, { "loop", false },
		{ "vda", false },      { "vdb", false },     { "loopback", false },
		{ "loop-1", false },   { "loop+1", false },  { "", false },
	};
	struct bound_loops loops = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_false(bound_loops_lack(&loops, rows[i].name)); /* nothing is known yet */
	assert_true(bound_loops_parse(sample, &loops));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bound_loops_lack(&loops, rows[i].name) != rows[i].is_empty)
			fail_msg("%s", rows[i].name);
	bound_loops_free(&loops);
	assert_false(bound_loops_lack(&loops, "loop1"));
}

static void any_number_of_them_is_found(void **state)
{
	(void)state;
	for (unsigned count = 0; count < 70; count++) {
		struct bound_loops loops = { 0 };
		struct buf text = { .limit = 4096 };

		for (unsigned i = count; i > 0; i--)
			buf_printf(&text, "7 %u 1 loop%u\n", i * 3, i * 3);
		assert_true(bound_loops_parse(count ? text.data : "", &loops));
		assert_int_equal(loops.count, count);
		for (unsigned i = 1; i <= count * 3; i++) {
			char name[32];

			(void)snprintf(name, sizeof(name), "loop%u", i);
			assert_int_equal(bound_loops_lack(&loops, name), i % 3 != 0);
		}
		bound_loops_free(&loops);
		buf_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_whole_loops_that_are_not_told_of_are_empty),
		cmocka_unit_test(any_number_of_them_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
