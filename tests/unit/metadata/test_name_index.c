/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/base/cleanup.h"
#include "metadata/name_index.h"

#define COUNT 5000

static char names[COUNT][16];

static void fill(struct name_index *index, struct arena *arena)
{
	assert_true(name_index_new(index, COUNT + 1, arena));
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "lv%d", i);
		name_index_add(index, names[i], names[i]);
	}
}

static void assert_all_found(const struct name_index *index)
{
	for (int i = 0; i < COUNT; i++)
		assert_ptr_equal(name_index_find(index, names[i]), names[i]);
	assert_null(name_index_find(index, "lv"));
	assert_null(name_index_find(index, "lv5000"));
	assert_null(name_index_find(index, ""));
}

static void finds_each_name_and_no_other(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	struct name_index index;

	(void)state;
	fill(&index, &arena);
	assert_null(name_index_finish(&index));
	assert_false(index.is_sorted);
	assert_all_found(&index);
}

static void names_a_name_that_is_there_twice(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	char again[] = "lv4321";
	struct name_index index;

	(void)state;
	fill(&index, &arena);
	name_index_add(&index, again, again);
	assert_string_equal(name_index_finish(&index), "lv4321");
	assert_non_null(name_index_find(&index, "lv4321"));
}

/* As if strangers had chosen names that all meet in one chain. */
static void sorts_when_chains_are_long(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	struct name_index index;

	(void)state;
	assert_true(name_index_new(&index, COUNT + 1, &arena));
	index.steps = SIZE_MAX / 2;
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "lv%d", i);
		name_index_add(&index, names[i], names[i]);
	}
	assert_true(index.is_sorted);
	assert_null(name_index_finish(&index));
	assert_all_found(&index);
}

static void finds_what_is_twice_when_sorted(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	char again[] = "lv7";
	struct name_index index;

	(void)state;
	fill(&index, &arena);
	index.is_sorted = true;
	name_index_add(&index, again, again);
	assert_string_equal(name_index_finish(&index), "lv7");
}

static void takes_bytes_without_an_end(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	const char bytes[] = "abcdefghijkl";
	struct name_index index;

	(void)state;
	assert_true(name_index_new(&index, 2, &arena));
	name_index_add_bytes(&index, bytes, 9, &index);
	name_index_add_bytes(&index, bytes, 10, &arena);
	assert_null(name_index_finish(&index));
	assert_ptr_equal(name_index_find(&index, "abcdefghi"), &index);
	assert_ptr_equal(name_index_find(&index, "abcdefghij"), &arena);
}

static void finds_nothing_in_an_empty_index(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };
	struct name_index index;

	(void)state;
	assert_true(name_index_new(&index, 0, &arena));
	assert_null(name_index_finish(&index));
	assert_null(name_index_find(&index, "lv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_name_and_no_other),
		cmocka_unit_test(names_a_name_that_is_there_twice),
		cmocka_unit_test(sorts_when_chains_are_long),
		cmocka_unit_test(finds_what_is_twice_when_sorted),
		cmocka_unit_test(takes_bytes_without_an_end),
		cmocka_unit_test(finds_nothing_in_an_empty_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
