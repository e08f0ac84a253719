/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What -o makes of the default columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/report/columns.h"
#include "metadata/base/cleanup.h"

#define VGS_DEFAULT "vg_name,pv_count,lv_count,snap_count,vg_attr,vg_size,vg_free"

static void assert_columns(const char *const *fields, size_t count, const char *expected)
{
	const struct report_args args = { .kind = REPORT_VGS,
					  .fields = fields,
					  .field_count = count };
	AUTO_BUF struct buf columns = { .limit = 4096 };

	assert_int_equal(columns_build(&args, &columns, NULL), 0);
	assert_string_equal(columns.data, expected);
}

static void without_o_the_defaults_are_shown(void **state)
{
	(void)state;
	assert_columns(NULL, 0, VGS_DEFAULT);
}

static void a_plain_list_replaces_what_was_before_it(void **state)
{
	static const char *const fields[] = { "vg_name,vg_uuid", "seqno,,vg_name" };

	(void)state;
	assert_columns(fields, 2, "seqno,vg_name");
}

static void plus_adds_to_the_defaults(void **state)
{
	static const char *const fields[] = { "+vg_tags" };

	(void)state;
	assert_columns(fields, 1, VGS_DEFAULT ",vg_tags");
}

static void minus_removes_whatever_spelling_the_field_has(void **state)
{
	static const char *const fields[] = { "-VGName,lvcount,attr,snap_count" };

	(void)state;
	assert_columns(fields, 1, "pv_count,vg_size,vg_free");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_o_the_defaults_are_shown),
		cmocka_unit_test(a_plain_list_replaces_what_was_before_it),
		cmocka_unit_test(plus_adds_to_the_defaults),
		cmocka_unit_test(minus_removes_whatever_spelling_the_field_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
