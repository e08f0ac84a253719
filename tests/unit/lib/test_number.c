/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/process.h"

static void test_takes_digits_and_moves_behind_them(void **state)
{
	const char text[] = "0042 of 7", *at = text;
	uint64_t number = 0;

	(void)state;
	assert_true(number_parse(&at, 42, &number));
	assert_int_equal(number, 42);
	assert_ptr_equal(at, text + 4);
}

static void test_refuses_without_changing_anything(void **state)
{
	static const char *const texts[] = { "",    " 1", "+1",
					     "-1",  "x1", "43",
					     "\t1", ".5", "18446744073709551616" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *at = texts[i];
		uint64_t number = 77;

		assert_false(number_parse(&at, 42, &number));
		assert_ptr_equal(at, texts[i]);
		assert_int_equal(number, 77);
	}
}

static void test_takes_all_of_64_bits(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_true(number_whole("18446744073709551615", UINT64_MAX, &number));
	assert_true(number == UINT64_MAX);
	assert_false(number_whole("18446744073709551616", UINT64_MAX, &number));
}

static void test_a_whole_number_has_nothing_behind_it(void **state)
{
	uint64_t number = 77;

	(void)state;
	assert_false(number_whole("1 ", 9, &number));
	assert_false(number_whole("1x", 9, &number));
	assert_false(number_whole("0x1", 9, &number));
	assert_false(number_whole("", 9, &number));
	assert_false(number_whole(NULL, 9, &number));
	assert_int_equal(number, 77);
	assert_true(number_whole("9", 9, &number));
	assert_int_equal(number, 9);
}

static void test_reads_a_device_number(void **state)
{
	uint32_t major_number = 77, minor_number = 77;

	(void)state;
	assert_false(number_devno("", &major_number, &minor_number));
	assert_false(number_devno("253", &major_number, &minor_number));
	assert_false(number_devno("253:", &major_number, &minor_number));
	assert_false(number_devno(":7", &major_number, &minor_number));
	assert_false(number_devno("253: 7", &major_number, &minor_number));
	assert_false(number_devno("253:7:1", &major_number, &minor_number));
	assert_false(number_devno("4294967296:7", &major_number, &minor_number));
	assert_int_equal(major_number, 77);
	assert_int_equal(minor_number, 77);
	assert_true(number_devno("253:1048575", &major_number, &minor_number));
	assert_int_equal(major_number, 253);
	assert_int_equal(minor_number, 1048575);
}

/* Against the clock: field 22 counts from boot, its neighbours do not. */
static void test_a_process_started_between_boot_and_now(void **state)
{
	uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK), own = process_start_time(getpid()), now;
	struct timespec clock = { 0 };

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &clock), 0);
	now = (uint64_t)clock.tv_sec * ticks + ticks;
	assert_true(own <= now);
	assert_true(own + 120 * ticks > now); /* the time limit of this test */
	assert_true(process_start_time(getppid()) <= own);
}

static void test_a_process_that_is_gone_has_no_start_time(void **state)
{
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_start_time(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_digits_and_moves_behind_them),
		cmocka_unit_test(test_refuses_without_changing_anything),
		cmocka_unit_test(test_takes_all_of_64_bits),
		cmocka_unit_test(test_a_whole_number_has_nothing_behind_it),
		cmocka_unit_test(test_reads_a_device_number),
		cmocka_unit_test(test_a_process_started_between_boot_and_now),
		cmocka_unit_test(test_a_process_that_is_gone_has_no_start_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
