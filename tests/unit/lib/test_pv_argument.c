/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/pv_argument.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/base/cleanup.h"

#define ARENA_LIMIT ((size_t)1 << 20)

/* The ranges allowed on a PV "/dev/b" of 63 extents by @count arguments, as "0-4:30-62". */
static int allow(const char *const *texts, size_t count, char ranges[256], struct err *err)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct pv pv = { .pe_count = 63 };
	struct alloc_pv allowed = { .pv = &pv };
	size_t used = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		struct pv_argument argument;

		if ((rc = pv_argument_parse(texts[i], &arena, &argument, err)) ||
		    (rc = pv_argument_allow(&argument, argument.name, &arena, &allowed, err)))
			return rc;
	}
	ranges[0] = 0;
	for (size_t r = 0; r < allowed.range_count; r++)
		used += (size_t)snprintf(ranges + used, 256 - used, "%s%u-%u", r ? ":" : "",
					 allowed.ranges[r].start,
					 allowed.ranges[r].start + allowed.ranges[r].count - 1);
	return 0;
}

static void assert_allows(const char *text, const char *expected)
{
	char ranges[256];
	struct err err = { 0 };

	if (allow(&text, 1, ranges, &err))
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(ranges, expected);
}

static void assert_fails(const char *text, const char *expected)
{
	char ranges[256];
	struct err err = { 0 };

	assert_true(allow(&text, 1, ranges, &err) < 0);
	assert_string_equal(err.text, expected);
}

static void a_name_without_ranges_allows_the_whole_pv(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct pv_argument argument;

	(void)state;
	assert_int_equal(pv_argument_parse("/dev/b", &arena, &argument, NULL), 0);
	assert_string_equal(argument.name, "/dev/b");
	assert_null(argument.ranges);
	assert_int_equal(argument.range_count, 0);
	assert_allows("/dev/b", "0-62");
}

static void tags_and_escaped_colons_are_names(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct pv_argument argument;

	(void)state;
	assert_int_equal(pv_argument_parse("@tag:5", &arena, &argument, NULL), 0);
	assert_string_equal(argument.name, "@tag");
	assert_int_equal(argument.range_count, 1);
	assert_int_equal(pv_argument_parse("foo\\:bar\\@x\\y:1-2", &arena, &argument, NULL), 0);
	assert_string_equal(argument.name, "foo:bar@x\\y");
	assert_int_equal(argument.ranges[0].start, 1);
	assert_int_equal(argument.ranges[0].count, 2);
}

static void ranges_have_a_start_and_an_end_or_a_length(void **state)
{
	(void)state;
	assert_allows("/dev/b:10-19", "10-19");
	assert_allows("/dev/b:0-4:30-", "0-4:30-62");
	assert_allows("/dev/b:50", "50-50");
	assert_allows("/dev/b:20+4", "20-23");
	assert_allows("/dev/b:7-8:60-", "7-8:60-62");
	assert_allows("/dev/b:62", "62-62");
	assert_allows("/dev/b:0-0", "0-0");
}

static void parts_of_a_range_may_be_missing(void **state)
{
	(void)state;
	assert_allows("/dev/b:-5", "0-5");
	assert_allows("/dev/b:-", "0-62");
	assert_allows("/dev/b:+4", "0-3");
	assert_allows("/dev/b:5+", "5-62");
	assert_allows("/dev/b:5+0", "5-5");
}

static void ranges_outside_the_pv_are_refused(void **state)
{
	(void)state;
	assert_fails("/dev/b:40-20", "PE range error: start extent 40 to end extent 20.");
	assert_fails("/dev/b:100-200", "PE range error: start extent 100 to end extent 200.");
	assert_fails("/dev/b:3-63", "PE range error: start extent 3 to end extent 63.");
	assert_fails("/dev/b:5+200", "PE range error: start extent 5 to end extent 204.");
	assert_fails("/dev/b:63", "PE range error: start extent 63 to end extent 63.");
	assert_fails("/dev/b:63-", "PE range error: start extent 63 to end extent 62.");
	assert_fails("/dev/b:0-4294967295",
		     "PE range error: start extent 0 to end extent 4294967295.");
}

static void ranges_that_overlap_are_refused(void **state)
{
	(void)state;
	assert_fails("/dev/b:1-2:2-5", "Overlapping PE ranges specified (2-5, 1-2) on /dev/b.");
	assert_fails("/dev/b:30-:40", "Overlapping PE ranges specified (40-40, 30-62) on /dev/b.");
	assert_fails("/dev/b:5:0-9", "Overlapping PE ranges specified (0-9, 5-5) on /dev/b.");
	assert_allows("/dev/b:1-2:3-5", "1-2:3-5");
}

static void arguments_for_the_same_pv_add_up(void **state)
{
	const char *const apart[] = { "/dev/b:1", "/dev/b:2-4" };
	const char *const twice[] = { "/dev/b", "/dev/b" };
	char ranges[256];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(allow(apart, 2, ranges, &err), 0);
	assert_string_equal(ranges, "1-1:2-4");
	assert_int_equal(allow(twice, 2, ranges, &err), -EEXIST);
	assert_string_equal(err.text, "Overlapping PE ranges specified (0-62, 0-62) on /dev/b.");
}

static void what_is_no_range_is_refused(void **state)
{
	static const struct {
		const char *text, *rest;
	} cases[] = {
		{ "/dev/b:x", "x" },
		{ "/dev/b:", "" },
		{ "/dev/b:5-6:", "" },
		{ "/dev/b:5::6", ":6" },
		{ "/dev/b:5-5x", "x" },
		{ "/dev/b:0x5-7", "x5-7" },
		{ "/dev/b:1--5", "-5" },
		{ "/dev/b:1+-5", "-5" },
		{ "/dev/b: 1", " 1" },
		{ "/dev/b:1 -2", " -2" },
		{ "/dev/b:99999999999-", "99999999999-" },
		{ "/dev/b:1-99999999999", "99999999999" },
		{ "/dev/b:1-99999999999999999999999999", "99999999999999999999999999" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char expected[128];

		(void)snprintf(expected, sizeof(expected), "Physical extent parsing error at %s.",
			       cases[i].rest);
		assert_fails(cases[i].text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_without_ranges_allows_the_whole_pv),
		cmocka_unit_test(tags_and_escaped_colons_are_names),
		cmocka_unit_test(ranges_have_a_start_and_an_end_or_a_length),
		cmocka_unit_test(parts_of_a_range_may_be_missing),
		cmocka_unit_test(ranges_outside_the_pv_are_refused),
		cmocka_unit_test(ranges_that_overlap_are_refused),
		cmocka_unit_test(arguments_for_the_same_pv_add_up),
		cmocka_unit_test(what_is_no_range_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
