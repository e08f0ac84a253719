/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/size.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <libdevmapper.h>

#define MIB 2048ULL /* sectors */

static void assert_size(const char *text, uint64_t expected)
{
	uint64_t sectors;
	enum size_sign sign;
	struct err err = { 0 };

	if (size_parse(text, 'm', "size", &sign, &sectors, &err))
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(sectors, expected);
}

static void assert_size_fails(const char *text, const char *reason)
{
	uint64_t sectors = 77;
	enum size_sign sign = SIZE_PLUS;
	char expected[256];
	struct err err = { 0 };

	(void)snprintf(expected, sizeof(expected), "%s\nInvalid argument for --size: %s", reason,
		       text);
	assert_int_equal(size_parse(text, 'm', "size", &sign, &sectors, &err), -EINVAL);
	assert_string_equal(err.text, expected);
	assert_int_equal(sectors, 77);
	assert_int_equal(sign, SIZE_PLUS);
}

static void units_are_letters_of_either_case(void **state)
{
	(void)state;
	assert_size("10", 10 * MIB);
	assert_size("10m", 10 * MIB);
	assert_size("10M", 10 * MIB);
	assert_size("1500k", 3000);
	assert_size("1500K", 3000);
	assert_size("3000s", 3000);
	assert_size("3000S", 3000);
	assert_size("1048576b", MIB);
	assert_size("512B", 1);
	assert_size("2g", 2048 * MIB);
	assert_size("1t", 1048576 * MIB);
	assert_size("1P", 1024 * 1048576 * MIB);
	assert_size("1e", 1048576 * (1048576 * MIB));
	assert_size("0", 0);
}

static void what_follows_the_letter_is_ignored(void **state)
{
	(void)state;
	assert_size("4Mfoo", 4 * MIB);
	assert_size("4KiB", 8);
	assert_size("1kb", 2);
}

static void fractions_are_cut_to_whole_sectors(void **state)
{
	(void)state;
	assert_size("1.5m", 3072);
	assert_size("1.5", 3072);
	assert_size(".5", 1024);
	assert_size("5.", 5 * MIB);
	assert_size("0.001g", 2097);
	assert_size("1.7k", 3);
	assert_size("0.2k", 0);
	assert_size("0.5b", 0);
}

static void numbers_are_what_strtod_takes(void **state)
{
	(void)state;
	assert_size("1e3", 1000 * MIB);
	assert_size("0x10", 16 * MIB);
}

static void signs_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum size_sign sign;
	} cases[] = { { "5", SIZE_SET }, { "+5", SIZE_PLUS }, { "-5", SIZE_MINUS } };
	uint64_t sectors;
	enum size_sign sign;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(size_parse(cases[i].text, 'm', "size", &sign, &sectors, &err), 0);
		assert_int_equal(sign, cases[i].sign);
		assert_int_equal(sectors, 5 * MIB);
	}
}

static void the_default_unit_is_the_options(void **state)
{
	uint64_t sectors;
	enum size_sign sign;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(size_parse("64", 'k', "stripesize", &sign, &sectors, &err), 0);
	assert_int_equal(sectors, 128);
	assert_int_equal(size_parse("3x", 'k', "stripesize", &sign, &sectors, &err), -EINVAL);
	assert_string_equal(err.text,
			    "Can't parse size argument.\nInvalid argument for --stripesize: 3x");
}

static void what_is_no_size_is_refused_in_lvm2s_words(void **state)
{
	(void)state;
	assert_size_fails("1000b", "Size is not a multiple of 512. Try using 512 or 1024.");
	assert_size_fails("511b", "Size is not a multiple of 512. Try using 0 or 512.");
	assert_size_fails("x", "Size requires number argument.");
	assert_size_fails("", "Size requires number argument.");
	assert_size_fails("+", "Size requires number argument.");
	assert_size_fails(" 5", "Size requires number argument.");
	assert_size_fails("inf", "Size requires number argument.");
	assert_size_fails("nan", "Size requires number argument.");
	assert_size_fails("+-5", "Multiple sign symbols detected.");
	assert_size_fails("++5", "Multiple sign symbols detected.");
	assert_size_fails("10x", "Can't parse size argument.");
	assert_size_fails("10%FREE", "Can't parse size argument.");
	assert_size_fails("5 ", "Can't parse size argument.");
	assert_size_fails("1,5", "Can't parse size argument.");
	assert_size_fails("1.5.5", "Can't parse size argument.");
	assert_size_fails("10u", "Can't parse size argument.");
	assert_size_fails(".", "Can't parse size argument at '.'.");
	assert_size_fails("16e", "Size is too big (>=16EiB).");
	assert_size_fails("20e", "Size is too big (>=16EiB).");
	assert_size_fails("99999999999999999999999", "Size is too big (>=16EiB).");
	assert_size_fails("1e400", "Size is too big (>=16EiB).");
	assert_size_fails("99999999999999999999999b", "Size is too big (>=16EiB).");
}

static void assert_extents(const char *text, enum size_sign sign, uint64_t extents,
			   enum percent_of percent_of)
{
	struct size_arg size = { 0 };
	struct err err = { 0 };

	if (extents_parse(text, &size, &err))
		fail_msg("%s: %s", text, err.text);
	assert_true(size.is_set);
	assert_true(size.is_extents);
	assert_int_equal(size.sign, sign);
	assert_int_equal(size.extents, extents);
	assert_int_equal(size.percent_of, percent_of);
}

static void assert_extents_fail(const char *text, const char *reason)
{
	struct size_arg size = { .extents = 77 };
	char expected[256];
	struct err err = { 0 };

	(void)snprintf(expected, sizeof(expected), "%s%sInvalid argument for --extents: %s", reason,
		       *reason ? "\n" : "", text);
	assert_int_equal(extents_parse(text, &size, &err), -EINVAL);
	assert_string_equal(err.text, expected);
	assert_int_equal(size.extents, 77);
}

static void extents_are_numbers_or_parts_of_something(void **state)
{
	(void)state;
	assert_extents("5", SIZE_SET, 5, PERCENT_NONE);
	assert_extents("+5", SIZE_PLUS, 5, PERCENT_NONE);
	assert_extents("-5", SIZE_MINUS, 5, PERCENT_NONE);
	assert_extents("05", SIZE_SET, 5, PERCENT_NONE);
	assert_extents("10%VG", SIZE_SET, 10, PERCENT_VG);
	assert_extents("10%v", SIZE_SET, 10, PERCENT_VG);
	assert_extents("10%LV", SIZE_SET, 10, PERCENT_LV);
	assert_extents("10%L", SIZE_SET, 10, PERCENT_LV);
	assert_extents("10%PVS", SIZE_SET, 10, PERCENT_PVS);
	assert_extents("10%pv", SIZE_SET, 10, PERCENT_PVS);
	assert_extents("10%P", SIZE_SET, 10, PERCENT_PVS);
	assert_extents("+150%FREE", SIZE_PLUS, 150, PERCENT_FREE);
	assert_extents("10%fr", SIZE_SET, 10, PERCENT_FREE);
	assert_extents("10%F", SIZE_SET, 10, PERCENT_FREE);
	assert_extents("-10%ORIGIN", SIZE_MINUS, 10, PERCENT_ORIGIN);
	assert_extents("10%OR", SIZE_SET, 10, PERCENT_ORIGIN);
	assert_extents("10%O", SIZE_SET, 10, PERCENT_ORIGIN);
}

static void more_extents_than_an_lv_can_have_are_that_many(void **state)
{
	(void)state;
	assert_extents("4294967295", SIZE_SET, UINT32_MAX, PERCENT_NONE);
	assert_extents("99999999999", SIZE_SET, UINT32_MAX, PERCENT_NONE);
}

static void what_is_no_number_of_extents_is_refused(void **state)
{
	static const char *const plain[] = {
		"",   "+",	"-",  "1.5", "1k",
		"x",  "0x5",	"5x", " 5",  "5 ",
		"%5", "1.5%VG", "5-", "++5", "99999999999999999999999"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		assert_extents_fail(plain[i], "");
	assert_extents_fail("10%foo", "Specified %foo is unknown.");
	assert_extents_fail("10%", "Specified % is unknown.");
	assert_extents_fail("5%%", "Specified %% is unknown.");
	assert_extents_fail("5%VGX", "Specified %VGX is unknown.");
	assert_extents_fail("4294967295%VG", "Percentage is too big (>=4294967295%).");
}

static void assert_format(uint64_t sectors, const char *expected)
{
	char text[SIZE_TEXT_MAX];

	assert_string_equal(size_format(sectors, text), expected);
}

static void sizes_are_printed_in_the_largest_unit_with_two_decimals(void **state)
{
	(void)state;
	assert_format(0, "0   ");
	assert_format(1, "512 B");
	assert_format(2, "1.00 KiB");
	assert_format(3, "1.50 KiB");
	assert_format(12 * MIB, "12.00 MiB");
	assert_format(20480 * MIB, "20.00 GiB");
	assert_format(1048576 * (1048576 * MIB), "1.00 EiB");
	assert_format(UINT64_MAX, "8192.00 EiB");
}

static void a_size_that_was_rounded_up_says_so(void **state)
{
	(void)state;
	assert_format(3ULL * 1048576 * MIB - 8192, "<3.00 TiB");
	assert_format(1024 * MIB - 1, "<1024.00 MiB");
	assert_format(2816, "<1.38 MiB");
	assert_format(2304, "1.12 MiB");
	assert_format(2058, "1.00 MiB");
}

static uint64_t random64(void)
{
	uint64_t value = 0;

	for (int i = 0; i < 5; i++)
		value = value << 15 ^ ((uint64_t)rand() & 0x7fff);
	return value;
}

static void sizes_print_as_with_libdevmapper(void **state)
{
	const unsigned seed = (unsigned)time(NULL);
	struct dm_pool *pool = dm_pool_create("sizes", 1024);

	(void)state;
	assert_non_null(pool);
	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 100000; i++) {
		const uint64_t sectors = (random64() >> 9) >> (random64() % 55);
		const char *expected =
			dm_size_to_string(pool, sectors, 'r', 1, 0, 1, DM_SIZE_SHORT);
		char text[SIZE_TEXT_MAX];

		assert_non_null(expected);
		if (strcmp(size_format(sectors, text), expected))
			fail_msg("%llu: \"%s\" != \"%s\"", (unsigned long long)sectors, text,
				 expected);
		dm_pool_empty(pool);
	}
	dm_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_are_letters_of_either_case),
		cmocka_unit_test(what_follows_the_letter_is_ignored),
		cmocka_unit_test(fractions_are_cut_to_whole_sectors),
		cmocka_unit_test(numbers_are_what_strtod_takes),
		cmocka_unit_test(signs_are_told_apart),
		cmocka_unit_test(the_default_unit_is_the_options),
		cmocka_unit_test(what_is_no_size_is_refused_in_lvm2s_words),
		cmocka_unit_test(extents_are_numbers_or_parts_of_something),
		cmocka_unit_test(more_extents_than_an_lv_can_have_are_that_many),
		cmocka_unit_test(what_is_no_number_of_extents_is_refused),
		cmocka_unit_test(sizes_are_printed_in_the_largest_unit_with_two_decimals),
		cmocka_unit_test(a_size_that_was_rounded_up_says_so),
		cmocka_unit_test(sizes_print_as_with_libdevmapper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
