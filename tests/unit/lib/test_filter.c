/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* devices/filter and global_filter: which names they accept, and LVM2's words when they are bad. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device/filter.h"

struct fixture {
	struct config *config;
	struct filter *filter;
	struct err err;
};

static int setup(void **state)
{
	assert_int_equal(setenv("LVM_SYSTEM_DIR", "", 1), 0);
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	filter_close(f->filter);
	config_close(f->config);
	free(f);
	return 0;
}

static int try_open(struct fixture *f, const char *settings)
{
	assert_int_equal(config_open(settings, &f->config, &f->err), 0);
	return filter_open(f->config, &f->filter, &f->err);
}

static void open_with(struct fixture *f, const char *settings)
{
	assert_int_equal(try_open(f, settings), 0);
}

static bool accepts(const struct fixture *f, const char *name)
{
	const char *const names[] = { name, NULL };

	return filter_accepts_names(f->filter, names, NULL);
}

static void without_patterns_all_is_accepted(void **state)
{
	struct fixture *f = *state;

	open_with(f, NULL);
	assert_true(accepts(f, "/dev/sda"));
}

static void the_first_match_decides(void **state)
{
	struct fixture *f = *state;

	open_with(f, "devices/filter=[\"a|^/dev/sda1$|\",\"r|^/dev/sd|\",\"a|sdb|\"]");
	assert_true(accepts(f, "/dev/sda1"));
	assert_false(accepts(f, "/dev/sda2"));
	assert_false(accepts(f, "/dev/sdb"));
	assert_true(accepts(f, "/dev/vda"));
}

static void one_accepted_name_is_enough_and_becomes_the_name(void **state)
{
	struct fixture *f = *state;
	const char *const names[] = { "/dev/sda", "/dev/disk/by-id/good", NULL };
	const char *name = names[0];

	open_with(f, "devices/filter=[\"a|by-id|\",\"r|.*|\"]");
	assert_true(filter_accepts_names(f->filter, names, &name));
	assert_string_equal(name, "/dev/disk/by-id/good");
}

static void rejected_when_no_name_is_accepted_and_one_is_rejected(void **state)
{
	struct fixture *f = *state;
	const char *const names[] = { "/dev/sda", "/dev/disk/by-id/bad", NULL };

	open_with(f, "devices/filter=[\"r|by-id|\"]");
	assert_false(filter_accepts_names(f->filter, names, NULL));
}

static void both_lists_must_accept(void **state)
{
	struct fixture *f = *state;

	open_with(f, "devices{filter=[\"a|sd|\",\"r|.*|\"] global_filter=[\"r|sda|\"]}");
	assert_false(accepts(f, "/dev/sda"));
	assert_true(accepts(f, "/dev/sdb"));
	assert_false(accepts(f, "/dev/vda"));
}

static void a_single_string_is_a_list_of_one(void **state)
{
	struct fixture *f = *state;

	open_with(f, "devices/filter=\"r|ubda|\"");
	assert_false(accepts(f, "/dev/ubda"));
	assert_true(accepts(f, "/dev/ubdb"));
}

static void brackets_pair_up_as_delimiters(void **state)
{
	struct fixture *f = *state;

	open_with(f, "devices/filter=[\"a[sda]\",\"r(.*)\"]");
	assert_true(accepts(f, "/dev/sda"));
	assert_false(accepts(f, "/dev/sdb"));
}

static void a_delimiter_inside_the_pattern_is_part_of_it(void **state)
{
	struct fixture *f = *state;

	open_with(f, "devices/filter=[\"a/^/dev/sda$/\",\"r/.*/\"]");
	assert_true(accepts(f, "/dev/sda"));
	assert_false(accepts(f, "/dev/sdb"));
}

static void bad_patterns_are_told_as_lvm2_does(void **state)
{
	static const struct {
		const char *settings, *text;
	} rows[] = {
		{ "devices/filter=[\"x|ubda|\"]",
		  "Pattern must begin with 'a' or 'r'.\nInvalid filter pattern \"x|ubda|\".\n"
		  "Failed to create regex device filter" },
		{ "devices/filter=[\"a|ubda\"]",
		  "Invalid separator at end of regex.\nInvalid filter pattern \"a|ubda\".\n"
		  "Failed to create regex device filter" },
		{ "devices/filter=[\"r\"]",
		  "Invalid separator at end of regex.\nInvalid filter pattern \"r\".\n"
		  "Failed to create regex device filter" },
		{ "devices/filter=1", "Filter patterns must be enclosed in quotes.\n"
				      "Failed to create regex device filter" },
		{ "devices/filter=[\"a|x|\", 3]", "Filter patterns must be enclosed in quotes.\n"
						  "Failed to create regex device filter" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = { 0 };

		assert_int_equal(try_open(&f, rows[i].settings), -EIO);
		assert_string_equal(f.err.text, rows[i].text);
		config_close(f.config);
	}
}

static void a_bad_regex_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_open(f, "devices/filter=[\"a|(|\"]"), -EIO);
	assert_non_null(strstr(f->err.text, "Failed to create regex device filter"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_patterns_all_is_accepted),
		TEST(the_first_match_decides),
		TEST(one_accepted_name_is_enough_and_becomes_the_name),
		TEST(rejected_when_no_name_is_accepted_and_one_is_rejected),
		TEST(both_lists_must_accept),
		TEST(a_single_string_is_a_list_of_one),
		TEST(brackets_pair_up_as_delimiters),
		TEST(a_delimiter_inside_the_pattern_is_part_of_it),
		TEST(bad_patterns_are_told_as_lvm2_does),
		TEST(a_bad_regex_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
