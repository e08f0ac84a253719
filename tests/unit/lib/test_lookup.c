/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How commands take names: of VGs, of LVs by path or by device-mapper name, of activation changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/op/op.h"
#include "lib/op/tags.h"
#include "metadata/base/cleanup.h"

#define ARENA_LIMIT 65536

static void assert_lv(const char *text, const char *vg, const char *lv)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	const char *got_vg, *got_lv;

	assert_int_equal(op_split_lv_name(text, &arena, &got_vg, &got_lv, NULL), 0);
	assert_string_equal(got_vg, vg);
	assert_string_equal(got_lv, lv);
}

static void assert_no_lv(const char *text)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	const char *got_vg, *got_lv;

	assert_int_equal(op_split_lv_name(text, &arena, &got_vg, &got_lv, NULL), -EINVAL);
}

static void an_lv_is_named_by_vg_and_lv_or_by_path(void **state)
{
	(void)state;
	assert_lv("vg/lv", "vg", "lv");
	assert_lv("/dev/vg/lv", "vg", "lv");
	assert_lv("/dev/mapper/vg-lv", "vg", "lv");
}

static void doubled_hyphens_of_a_mapper_name_are_hyphens_of_the_names(void **state)
{
	(void)state;
	assert_lv("/dev/mapper/my--vg-a--b", "my-vg", "a-b");
	assert_lv("/dev/mapper/a----b-c", "a--b", "c");
}

static void what_is_no_lv_name_is_refused(void **state)
{
	(void)state;
	assert_no_lv("vg");
	assert_no_lv("/lv");
	assert_no_lv("vg/");
	assert_no_lv("a/b/c");
	assert_no_lv("/dev/mapper/onlyvg");
	assert_no_lv("/dev/mapper/-lv");
}

static void a_vg_may_be_named_by_its_directory(void **state)
{
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	const char *vg;

	(void)state;
	assert_int_equal(op_vg_name("/dev/vg/", &arena, &vg, NULL), 0);
	assert_string_equal(vg, "vg");
	assert_int_equal(op_vg_name("vg/lv", &arena, &vg, NULL), -EINVAL);
}

static void activation_letters_are_lvm2s(void **state)
{
	static const struct {
		const char *text;
		enum activation_change change;
	} known[] = {
		{ "y", CHANGE_ACTIVATE },
		{ "n", CHANGE_DEACTIVATE },
		{ "ey", CHANGE_ACTIVATE_EXCLUSIVE },
		{ "ly", CHANGE_ACTIVATE_LOCAL },
		{ "ln", CHANGE_DEACTIVATE_LOCAL },
		{ "sy", CHANGE_ACTIVATE },
		{ "ay", CHANGE_ACTIVATE_AUTO },
		{ "nl", CHANGE_DEACTIVATE_LOCAL }, /* ocf:heartbeat:clvm stops so */
	};
	enum activation_change change;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		assert_int_equal(activation_change_parse(known[i].text, &change, NULL), 0);
		assert_int_equal(change, known[i].change);
	}
	assert_int_equal(activation_change_parse("aay", &change, NULL), -EINVAL);
	assert_int_equal(activation_change_parse("l", &change, NULL), -EINVAL);
	assert_int_equal(activation_change_parse("", &change, NULL), -EINVAL);
}

static void a_tag_is_added_once_and_removed_wherever_it_is(void **state)
{
	static const char *const some[] = { "a", "@b", "a" };
	static const char *const one[] = { "@a" };
	static const char *const bad[] = { "a b" };
	AUTO_ARENA struct arena arena = { .limit = ARENA_LIMIT };
	struct name_list *tags = NULL;

	(void)state;
	assert_int_equal(tags_add(&arena, &tags, some, 3, NULL), 0);
	assert_true(tags_have(tags, "a") && tags_have(tags, "@b"));
	assert_null(tags->next->next);
	tags_remove(&tags, one, 1);
	assert_false(tags_have(tags, "a"));
	assert_int_equal(tags_add(&arena, &tags, bad, 1, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_lv_is_named_by_vg_and_lv_or_by_path),
		cmocka_unit_test(doubled_hyphens_of_a_mapper_name_are_hyphens_of_the_names),
		cmocka_unit_test(what_is_no_lv_name_is_refused),
		cmocka_unit_test(a_vg_may_be_named_by_its_directory),
		cmocka_unit_test(activation_letters_are_lvm2s),
		cmocka_unit_test(a_tag_is_added_once_and_removed_wherever_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
