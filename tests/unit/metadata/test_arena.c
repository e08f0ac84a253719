/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metadata/base/arena.h"
#include "metadata/base/cleanup.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };

	(void)state;
	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *memory = arena_alloc(&arena, size);

		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(uint64_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
	}
}

static void the_limit_holds_and_is_given_back(void **state)
{
	struct arena arena = { .limit = 100000 };
	size_t taken = 0;

	(void)state;
	assert_null(arena_alloc(&arena, 100001));
	while (arena_alloc(&arena, 1000))
		taken += 1000;
	assert_true(taken > 80000 && taken < 100000);
	arena_free(&arena);
	assert_int_equal(arena.limit, 100000);
	assert_non_null(arena_alloc(&arena, 50000));
	arena_free(&arena);
}

static void what_is_reset_is_zeroed_and_empty(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };

	(void)state;
	arena_reset(&arena);
	for (unsigned round = 0; round < 50; round++) {
		for (size_t size = 1; size < 200 * (round % 7); size += 13) {
			unsigned char *memory = arena_alloc(&arena, size);

			assert_non_null(memory);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(memory[i], 0);
			memset(memory, 0xff, size);
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
	assert_int_equal(arena.limit, 1 << 20);
}

static void sizes_that_overflow_are_refused(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = SIZE_MAX };

	(void)state;
	assert_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 40));
	assert_null(arena_strndup(&arena, "x", SIZE_MAX));
}

static void strings_are_copied(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = 1 << 20 };

	(void)state;
	assert_string_equal(arena_strdup(&arena, "abc"), "abc");
	assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_printf(&arena, "%s-%d", "x", 12), "x-12");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(the_limit_holds_and_is_given_back),
		cmocka_unit_test(what_is_reset_is_zeroed_and_empty),
		cmocka_unit_test(sizes_that_overflow_are_refused),
		cmocka_unit_test(strings_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
