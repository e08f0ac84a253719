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

#include "metadata/names.h"

static const char *name_of(size_t length)
{
	static char name[300];

	assert_true(length < sizeof(name));
	memset(name, 'x', length);
	name[length] = '\0';
	return name;
}

static void assert_bad(int (*check)(const char *, struct err *), const char *name,
		       const char *message)
{
	struct err err = { 0 };

	assert_int_equal(check(name, &err), -EINVAL);
	assert_string_equal(err.text, message);
}

static void vg_names_are_checked_in_lvm2s_words(void **state)
{
	static const char characters[] =
		"Name contains invalid character, valid set includes: [a-zA-Z0-9.-_+].";
	static const char dots[] = "Name starts with . or .. and has no following character(s).";

	(void)state;
	assert_int_equal(vg_name_check("a-b.c_d+E9", NULL), 0);
	assert_int_equal(vg_name_check("...", NULL), 0);
	assert_int_equal(vg_name_check(".a", NULL), 0);
	assert_int_equal(vg_name_check(name_of(127), NULL), 0);
	assert_bad(vg_name_check, name_of(128), "Name length exceeds maximum limit of 127.");
	assert_bad(vg_name_check, "a b", characters);
	assert_bad(vg_name_check, "a/b", characters);
	assert_bad(vg_name_check, "\xc3\xa4", characters);
	assert_bad(vg_name_check, "", characters);
	assert_bad(vg_name_check, "-a", "Name cannot start with hyphen.");
	assert_bad(vg_name_check, ".", dots);
	assert_bad(vg_name_check, "..", dots);
}

static void lv_names_may_not_look_like_internal_ones(void **state)
{
	(void)state;
	assert_int_equal(lv_name_check("root", NULL), 0);
	assert_int_equal(lv_name_check("mypvmove", NULL), 0);
	assert_bad(lv_name_check, "a b", "Logical volume name \"a b\" is invalid.");
	assert_bad(lv_name_check, "pvmove0",
		   "Names starting \"pvmove\" are reserved. Please choose a different LV name.");
	assert_bad(lv_name_check, "snapshot",
		   "Names starting \"snapshot\" are reserved. Please choose a different LV name.");
	assert_bad(lv_name_check, "a_mimage_1",
		   "Names including \"_mimage\" are reserved. Please choose a different LV name.");
	assert_bad(lv_name_check, "a_pmspare",
		   "Names including \"_pmspare\" are reserved. Please choose a different LV name.");
}

static void tags_have_characters_of_their_own(void **state)
{
	char tag[1100];

	(void)state;
	assert_true(tag_is_valid("a"));
	assert_true(tag_is_valid("-a/b=c!d:e&f#g.h_i+"));
	assert_false(tag_is_valid(""));
	assert_false(tag_is_valid("a b"));
	assert_false(tag_is_valid("a@b"));
	memset(tag, 'x', sizeof(tag));
	tag[1024] = '\0';
	assert_true(tag_is_valid(tag));
	tag[1024] = 'x';
	tag[1025] = '\0';
	assert_false(tag_is_valid(tag));
}

static void add_lv(struct vg *vg, const char *name)
{
	struct lv *lv = arena_new(vg->arena, struct lv);

	assert_non_null(lv);
	lv->name = name;
	assert_int_equal(vg_add_lv(vg, lv, NULL), 0);
}

static void default_names_go_on_behind_the_highest(void **state)
{
	struct vg *vg = vg_new("vg");

	(void)state;
	assert_string_equal(lv_default_name(vg), "lvol0");
	add_lv(vg, "lvol");
	add_lv(vg, "lvol-5");
	add_lv(vg, "xlvol9");
	add_lv(vg, "lvol99999999999999999999999999");
	assert_string_equal(lv_default_name(vg), "lvol0");
	add_lv(vg, "lvol3");
	add_lv(vg, "lvol1");
	assert_string_equal(lv_default_name(vg), "lvol4");
	add_lv(vg, "lvol7_pmspare");
	assert_string_equal(lv_default_name(vg), "lvol8");
	vg_free(vg);
}

static void policies_have_names(void **state)
{
	enum alloc_policy policy;

	(void)state;
	assert_true(alloc_policy_parse("contiguous", &policy));
	assert_string_equal(alloc_policy_name(policy), "contiguous");
	assert_true(alloc_policy_parse("cling_by_tags", &policy));
	assert_int_equal(policy, ALLOC_CLING);
	assert_false(alloc_policy_parse("bogus", &policy));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(vg_names_are_checked_in_lvm2s_words),
		cmocka_unit_test(lv_names_may_not_look_like_internal_ones),
		cmocka_unit_test(tags_have_characters_of_their_own),
		cmocka_unit_test(default_names_go_on_behind_the_highest),
		cmocka_unit_test(policies_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
