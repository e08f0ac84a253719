/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/proto/lock_mode.h"

static void compatibility_is_symmetric(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < LOCK_MODE_COUNT; a++) {
		for (unsigned int b = 0; b < LOCK_MODE_COUNT; b++)
			assert_int_equal(lock_mode_compatible(a, b), lock_mode_compatible(b, a));
	}
}

/* The table of the DLM's documentation, row by row, as pairs that may not meet. */
static void conflicts_are_those_of_the_dlm(void **state)
{
	static const enum lock_mode conflicts[][2] = {
		{ MODE_CR, MODE_EX }, { MODE_CW, MODE_PR }, { MODE_CW, MODE_PW },
		{ MODE_CW, MODE_EX }, { MODE_PR, MODE_PW }, { MODE_PR, MODE_EX },
		{ MODE_PW, MODE_PW }, { MODE_PW, MODE_EX }, { MODE_EX, MODE_EX },
	};
	const size_t count = sizeof(conflicts) / sizeof(*conflicts);
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_false(lock_mode_compatible(conflicts[i][0], conflicts[i][1]));
	for (unsigned int a = 0; a < LOCK_MODE_COUNT; a++) {
		for (unsigned int b = a; b < LOCK_MODE_COUNT; b++)
			found += !lock_mode_compatible(a, b);
	}
	assert_int_equal(found, count);
}

static void stronger_modes_cover_weaker_ones(void **state)
{
	(void)state;
	for (unsigned int mode = 0; mode < LOCK_MODE_COUNT; mode++) {
		assert_true(lock_mode_covers(MODE_EX, mode));
		assert_true(lock_mode_covers(mode, MODE_NL));
		assert_true(lock_mode_covers(mode, mode));
	}
	assert_false(lock_mode_covers(MODE_CR, MODE_EX));
	assert_false(lock_mode_covers(MODE_PR, MODE_EX));
	assert_false(lock_mode_covers(MODE_PR, MODE_CW));
	assert_false(lock_mode_covers(MODE_CW, MODE_PR));
	assert_true(lock_mode_covers(MODE_PW, MODE_PR));
}

static void names_are_two_letters(void **state)
{
	(void)state;
	assert_string_equal(lock_mode_name(MODE_NL), "NL");
	assert_string_equal(lock_mode_name(MODE_EX), "EX");
	assert_string_equal(lock_mode_name((enum lock_mode)99), "??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compatibility_is_symmetric),
		cmocka_unit_test(conflicts_are_those_of_the_dlm),
		cmocka_unit_test(stronger_modes_cover_weaker_ones),
		cmocka_unit_test(names_are_two_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
