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

#include "metadata/base/uuid.h"

static void dashes_are_for_people(void **state)
{
	char dashed[UUID_DASHED_SIZE];
	struct uuid uuid, plain;

	(void)state;
	assert_int_equal(uuid_parse("0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01", &uuid, NULL), 0);
	assert_memory_equal(uuid.text, "0123Abcdefghijklmnopqrstuvwxyz01", UUID_LENGTH);
	assert_string_equal(uuid_format(&uuid, dashed), "0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz01");
	assert_int_equal(uuid_parse("0123Abcdefghijklmnopqrstuvwxyz01", &plain, NULL), 0);
	assert_true(uuid_equal(&uuid, &plain));
	assert_int_equal(uuid_parse("--!#23Abcdefghijklmnopqrstuvwxyz01-", &plain, NULL), 0);
	assert_false(uuid_equal(&uuid, &plain));
}

static void bad_uuids_are_refused_in_lvm2s_words(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "Couldn't read uuid: incorrect number of characters." },
		{ "0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz0",
		  "Couldn't read uuid: incorrect number of characters." },
		{ "0123Ab-cdef-ghij-klmn-opqr-stuv-wxyz012",
		  "Couldn't read uuid: incorrect number of characters." },
		{ "0123Ab-cdef-ghij-klmn-opqr-stuv-wxy$01", "UUID contains invalid character '$'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err err = { 0 };
		struct uuid uuid;

		assert_int_equal(uuid_parse(rows[i].text, &uuid, &err), -EINVAL);
		assert_string_equal(err.text, rows[i].message);
	}
}

static void random_bytes_become_letters_and_digits(void **state)
{
	unsigned char random[UUID_LENGTH];
	struct uuid uuid;

	(void)state;
	for (int i = 0; i < 256; i++) {
		memset(random, i, sizeof(random));
		uuid = uuid_from_random(random);
		assert_true((uuid.text[0] >= '0' && uuid.text[0] <= '9') ||
			    (uuid.text[0] >= 'a' && uuid.text[0] <= 'z') ||
			    (uuid.text[0] >= 'A' && uuid.text[0] <= 'Z'));
		assert_int_equal(uuid.text[0], uuid.text[UUID_LENGTH - 1]);
	}
}

static void zero_is_no_uuid(void **state)
{
	struct uuid uuid = { { 0 } };

	(void)state;
	assert_true(uuid_is_unset(&uuid));
	uuid.text[31] = '0';
	assert_false(uuid_is_unset(&uuid));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dashes_are_for_people),
		cmocka_unit_test(bad_uuids_are_refused_in_lvm2s_words),
		cmocka_unit_test(random_bytes_become_letters_and_digits),
		cmocka_unit_test(zero_is_no_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
