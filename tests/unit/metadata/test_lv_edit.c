/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/metadata/vg_builder.h"

#include <errno.h>

static void a_new_lv_has_what_its_spec_says(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	struct name_list second = { .name = "t2" }, first = { .name = "t1", .next = &second };
	const struct lv_spec spec = { .name = "x",
				      .id = test_uuid('L', 7),
				      .le_count = 5,
				      .stripes = 1,
				      .stripe_size = 128,
				      .alloc = ALLOC_CLING,
				      .read_only = true,
				      .flags = FLAG_ACTIVATION_SKIP,
				      .tags = &first,
				      .creation_host = "host1",
				      .creation_time = 1700000000,
				      .major = 254,
				      .minor = 9,
				      .read_ahead = READ_AHEAD_NONE };
	const struct alloc_where where = { 0 };
	struct err err = { 0 };
	struct lv *lv;

	(void)state;
	assert_int_equal(lv_edit_create(vg, &spec, &where, &lv, &err), 0);
	assert_ptr_equal(vg_find_lv(vg, "x"), lv);
	assert_ptr_equal(lv->vg, vg);
	assert_int_equal(lv->status,
			 STATUS_READ | STATUS_VISIBLE | STATUS_FIXED_MINOR | FLAG_ACTIVATION_SKIP);
	assert_int_equal(lv->alloc, ALLOC_CLING);
	assert_string_equal(lv->creation_host, "host1");
	assert_int_equal(lv->creation_time, 1700000000);
	assert_int_equal(lv->major, 254);
	assert_int_equal(lv->minor, 9);
	assert_int_equal(lv->read_ahead, READ_AHEAD_NONE);
	assert_string_equal(lv->tags->name, "t1");
	assert_string_equal(lv->tags->next->name, "t2");
	assert_null(lv->tags->next->next);
	assert_int_equal(lv->le_count, 5);
	assert_int_equal(lv->segs[0].stripe_size, 0);
	assert_int_equal(vg_free_count(vg), 58);
}

static void a_striped_lv_keeps_its_stripe_size(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	struct lv *lv = create_on(vg, "s", 4, 2, NULL);

	(void)state;
	assert_int_equal(lv->segs[0].stripe_size, 128);
	assert_string_equal(lv->segs[0].type_name, "striped");
	assert_int_equal(lv->status, STATUS_READ | STATUS_WRITE | STATUS_VISIBLE);
}

static void an_lv_without_a_name_gets_the_next_number(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);

	(void)state;
	assert_string_equal(create(vg, NULL, 1)->name, "lvol0");
	(void)create(vg, "lvol7", 1);
	assert_string_equal(create(vg, NULL, 1)->name, "lvol8");
}

static void assert_create_fails(struct vg *vg, const char *name, int rc, const char *text)
{
	struct err err = { 0 };

	assert_int_equal(try_create(vg, name, 1, 1, NULL, &err), rc);
	if (text)
		assert_string_equal(err.text, text);
}

static void names_that_are_taken_or_bad_are_refused(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	char longest[NAME_MAX_LENGTH + 1];

	(void)state;
	(void)create(vg, "lv0", 1);
	assert_create_fails(vg, "lv0", -EEXIST,
			    "Logical Volume \"lv0\" already exists in volume group \"v\"");
	assert_create_fails(vg, "a b", -EINVAL, NULL);
	assert_create_fails(vg, "pvmove0", -EINVAL, NULL);
	/* "v/" and the name must not pass 127 together. */
	memset(longest, 'a', sizeof(longest));
	longest[NAME_MAX_LENGTH - 1] = 0;
	assert_create_fails(vg, longest, -ENAMETOOLONG, NULL);
	longest[NAME_MAX_LENGTH - 2] = 0;
	(void)create(vg, longest, 1);
	assert_int_equal(vg->lv_count, 2);
}

static void max_lv_is_kept(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);

	(void)state;
	vg->max_lv = 2;
	(void)create(vg, NULL, 1);
	(void)create(vg, NULL, 1);
	assert_create_fails(vg, "x", -ENOSPC,
			    "Maximum number of logical volumes (2) reached in volume group v");
}

static void a_failed_edit_changes_nothing(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	struct lv *x = create(vg, "x", 60);
	const struct alloc_where where = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_create_fails(vg, "x", -EEXIST, NULL);
	assert_int_equal(try_create(vg, "y", 4, 1, NULL, &err), -ENOSPC);
	assert_int_equal(lv_edit_extend(x, 64, &where, &err), -ENOSPC);
	assert_string_equal(err.text,
			    "Insufficient free space: 4 extents needed, but only 3 available");
	assert_int_equal(vg->lv_count, 1);
	assert_map(x, "0 60 a:0-59");
}

static void only_segments_that_are_alike_merge(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	const struct alloc_where where = { 0 };
	struct name_list tag = { .name = "t" };
	struct err err = { 0 };
	struct lv *x, *s;

	(void)state;
	x = create(vg, "x", 4);
	x->segs[0].tags = &tag;
	extend_on(x, 4, NULL);
	assert_map(x, "0 4 a:0-3; 4 4 a:4-7");
	extend_on(x, 4, NULL);
	assert_map(x, "0 4 a:0-3; 4 8 a:4-11");
	s = create_on(vg, "s", 4, 2, NULL);
	assert_int_equal(lv_edit_extend_striped(s, 8, 2, 64, &where, &err), 0);
	assert_map(s, "0 4 a:12-13 b:0-1; 4 4 a:14-15 b:2-3");
	assert_int_equal(s->segs[1].stripe_size, 64);
	assert_int_equal(lv_edit_extend_striped(s, 9, 1, 0, &where, &err), 0);
	assert_map(s, "0 4 a:12-13 b:0-1; 4 4 a:14-15 b:2-3; 8 1 a:16-16");
}

static void extending_to_less_or_reducing_to_more_is_refused(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	const struct alloc_where where = { 0 };
	struct lv *x = create(vg, "x", 2);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lv_edit_extend(x, 1, &where, &err), -EINVAL);
	assert_string_equal(err.text,
			    "New size given (1 extents) not larger than existing size (2 extents)");
	assert_int_equal(lv_edit_reduce(x, 3, &err), -EINVAL);
	assert_string_equal(err.text,
			    "New size given (3 extents) not less than existing size (2 extents)");
	assert_int_equal(lv_edit_reduce(x, 0, &err), -EINVAL);
	assert_string_equal(err.text, "Unable to reduce v/x below 1 extent.");
}

static void reducing_cuts_from_the_end(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	struct err err = { 0 };
	struct lv *x;

	(void)state;
	(void)put(vg, "hole", vg->pvs[0], 5, 1);
	x = put(vg, "x", vg->pvs[0], 0, 5);
	extend_on(x, 10, NULL);
	assert_map(x, "0 5 a:0-4; 5 10 a:6-15");
	assert_int_equal(lv_edit_reduce(x, 7, &err), 0);
	assert_map(x, "0 5 a:0-4; 5 2 a:6-7");
	assert_int_equal(lv_edit_reduce(x, 5, &err), 0);
	assert_map(x, "0 5 a:0-4");
	assert_int_equal(lv_edit_reduce(x, 1, &err), 0);
	assert_map(x, "0 1 a:0-0");
	assert_int_equal(x->le_count, 1);
}

static void reducing_does_not_cut_a_stripe(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63);
	struct lv *s = create_on(vg, "s", 8, 2, NULL);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lv_edit_reduce(s, 5, &err), -EINVAL);
	assert_int_equal(lv_edit_reduce(s, 6, &err), 0);
	assert_map(s, "0 6 a:0-2 b:0-2");
}

static void removing_gives_space_back_and_keeps_the_order_of_the_others(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);

	(void)state;
	(void)create(vg, "x", 5);
	(void)create(vg, "y", 5);
	(void)create(vg, "z", 5);
	remove_lv(vg, "y");
	assert_int_equal(vg->lv_count, 2);
	assert_string_equal(vg->lvs[0]->name, "x");
	assert_string_equal(vg->lvs[1]->name, "z");
	assert_int_equal(vg_free_count(vg), 53);
	assert_null(vg_find_lv(vg, "y"));
}

static void what_another_lv_rests_on_is_not_removed(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	struct lv *below = create(vg, "below", 5), *above = create(vg, "above", 5);
	struct err err = { 0 };

	(void)state;
	above->segs[0].areas[0] = (struct area){ .type = AREA_LV, .lv = below };
	assert_int_equal(lv_edit_remove(below, &err), -EBUSY);
	assert_int_equal(lv_edit_remove(above, &err), -ENOTSUP);
	assert_int_equal(vg->lv_count, 2);
}

static void renaming_checks_the_new_name(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	struct lv *x = create(vg, "x", 5);
	char name[] = "y";
	struct err err = { 0 };

	(void)state;
	(void)create(vg, "z", 5);
	assert_int_equal(lv_edit_rename(x, "z", &err), -EEXIST);
	assert_int_equal(lv_edit_rename(x, "snapshot1", &err), -EINVAL);
	assert_string_equal(x->name, "x");
	assert_int_equal(lv_edit_rename(x, name, &err), 0);
	name[0] = 'q'; /* the LV has a copy */
	assert_string_equal(x->name, "y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_lv_has_what_its_spec_says),
		cmocka_unit_test(a_striped_lv_keeps_its_stripe_size),
		cmocka_unit_test(an_lv_without_a_name_gets_the_next_number),
		cmocka_unit_test(names_that_are_taken_or_bad_are_refused),
		cmocka_unit_test(max_lv_is_kept),
		cmocka_unit_test(a_failed_edit_changes_nothing),
		cmocka_unit_test(only_segments_that_are_alike_merge),
		cmocka_unit_test(extending_to_less_or_reducing_to_more_is_refused),
		cmocka_unit_test(reducing_cuts_from_the_end),
		cmocka_unit_test(reducing_does_not_cut_a_stripe),
		cmocka_unit_test(removing_gives_space_back_and_keeps_the_order_of_the_others),
		cmocka_unit_test(what_another_lv_rests_on_is_not_removed),
		cmocka_unit_test(renaming_checks_the_new_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
