/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/metadata/vg_builder.h"

#include <errno.h>

static void assert_extent_size(struct vg *vg, uint64_t sectors, int rc, const char *text)
{
	struct err err = { 0 };

	assert_int_equal(vg_set_extent_size(vg, sectors, &err), rc);
	if (text)
		assert_string_equal(err.text, text);
	else
		assert_int_equal(vg->extent_size, sectors);
}

static void extent_sizes_are_powers_of_two_or_multiples_of_128k(void **state)
{
	const char *multiple = "Physical Extent size must be a multiple of 128.00 KiB when not a "
			       "power of 2.";
	AUTO_VG struct vg *vg = vg_new("v");

	(void)state;
	assert_non_null(vg);
	assert_extent_size(vg, 1, 0, NULL);
	assert_extent_size(vg, 8192, 0, NULL);
	assert_extent_size(vg, 6291456, 0, NULL);
	assert_extent_size(vg, 0, -EINVAL, "Physical extent size may not be zero");
	assert_extent_size(vg, 6, -ERANGE, multiple);
	assert_extent_size(vg, 1000, -ERANGE, multiple);
	assert_extent_size(vg, (uint64_t)1 << 32, -ERANGE, "Physical extent size is too large.");
	assert_int_equal(vg->extent_size, 6291456);
}

static void a_new_extent_size_converts_pvs_and_lvs(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(64, 32);
	struct lv *s, *x;

	(void)state;
	s = create_on(vg, "s", 8, 2, NULL);
	x = create(vg, "x", 4);
	assert_map(x, "0 4 a:4-7");
	assert_extent_size(vg, 4096, 0, NULL);
	assert_int_equal(vg->pvs[0]->pe_count, 32);
	assert_int_equal(vg->pvs[1]->pe_count, 16);
	assert_map(s, "0 4 a:0-1 b:0-1");
	assert_map(x, "0 2 a:2-3");
	assert_extent_size(vg, 512, 0, NULL);
	assert_map(x, "0 16 a:16-31");
	assert_int_equal(x->le_count, 16);
	assert_int_equal(vg_free_count(vg), 4 * 96 - 48);
}

static void what_does_not_convert_exactly_is_named(void **state)
{
	AUTO_VG struct vg *uneven = BUILD_VG(63, 63);
	AUTO_VG struct vg *vg = BUILD_VG(32, 32);

	(void)state;
	assert_extent_size(uneven, 4096, -EDOM,
			   "New size 129024 for a not an exact number of new extents.");
	(void)put(vg, "x", vg->pvs[0], 0, 1);
	assert_extent_size(vg, 4096, -EDOM,
			   "New size 129024 for v free space not an exact number of new extents.");
	(void)put(vg, "y", vg->pvs[1], 0, 1);
	assert_extent_size(vg, 4096, -EDOM,
			   "New size 2048 for a allocated space not an exact number of new "
			   "extents.");
	(void)put(vg, "z", vg->pvs[0], 1, 3);
	remove_lv(vg, "y");
	assert_extent_size(vg, 4096, -EDOM,
			   "New size 2048 for x not an exact number of new extents.");
	remove_lv(vg, "x");
	remove_lv(vg, "z");
	(void)put(vg, "b", vg->pvs[0], 1, 4);
	assert_extent_size(vg, 4096, -EDOM,
			   "New size 2048 for a PV segment length not an exact number of new "
			   "extents.");
	assert_int_equal(vg->extent_size, 2048);
	assert_int_equal(vg->pvs[0]->pe_count, 32);
	vg->status &= ~(uint32_t)STATUS_RESIZEABLE;
	assert_extent_size(vg, 4096, -EPERM,
			   "Volume group \"v\" must be resizeable to change PE size");
}

static struct pv_spec spec_of(uint32_t number, uint64_t usable_end)
{
	return (struct pv_spec){ .id = test_uuid('P', number),
				 .device_name = "/dev/new",
				 .dev_size = usable_end,
				 .pe_start = 2048,
				 .usable_end = usable_end,
				 .ba_start = 64,
				 .ba_size = 8 };
}

static void a_new_pv_has_the_extents_that_fit(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	struct pv_spec spec = spec_of(10, 2048 + 5 * 2048 + 2047);
	struct err err = { 0 };
	const struct pv *pv;

	(void)state;
	assert_int_equal(vg_edit_add_pv(vg, &spec, &err), 0);
	pv = vg->pvs[1];
	assert_int_equal(pv->pe_count, 5);
	assert_int_equal(pv->status, STATUS_ALLOCATABLE);
	assert_int_equal(pv->pe_start, 2048);
	assert_int_equal(pv->dev_size, spec.dev_size);
	assert_int_equal(pv->ba_start, 64);
	assert_int_equal(pv->ba_size, 8);
	assert_string_equal(pv->device_hint, "/dev/new");
	assert_ptr_equal(pv->vg, vg);
	/* Smaller than one extent, or than its own metadata: a PV with none. */
	spec = spec_of(11, 4095);
	assert_int_equal(vg_edit_add_pv(vg, &spec, &err), 0);
	assert_int_equal(vg->pvs[2]->pe_count, 0);
	spec = spec_of(12, 1024);
	assert_int_equal(vg_edit_add_pv(vg, &spec, &err), 0);
	assert_int_equal(vg->pvs[3]->pe_count, 0);
}

static void a_pv_is_added_once_and_within_max_pv(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	struct pv_spec spec = spec_of(0, 9999);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(vg_edit_add_pv(vg, &spec, &err), -EBUSY);
	assert_string_equal(err.text, "Physical volume '/dev/new' is already in volume group 'v'\n"
				      "Unable to add physical volume '/dev/new' to volume group "
				      "'v'");
	vg->max_pv = 1;
	spec = spec_of(1, 9999);
	assert_int_equal(vg_edit_add_pv(vg, &spec, &err), -ENOSPC);
	assert_string_equal(err.text, "No space for '/dev/new' - volume group 'v' holds max 1 "
				      "physical volume(s).\nPV /dev/new cannot be added to VG v.");
	assert_int_equal(vg->pv_count, 1);
}

static void a_pv_with_more_extents_than_can_be_counted_is_refused(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	const struct pv_spec spec = spec_of(1, (uint64_t)1 << 50);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(vg_edit_add_pv(vg, &spec, &err), -EOVERFLOW);
	assert_int_equal(vg->pv_count, 1);
}

static void only_unused_pvs_that_are_not_the_last_are_removed(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63, 63, 63);
	struct err err = { 0 };

	(void)state;
	(void)put(vg, "x", vg->pvs[1], 5, 1);
	assert_int_equal(vg_edit_remove_pv(vg, vg->pvs[1], &err), -EBUSY);
	assert_string_equal(err.text, "Physical volume \"b\" still in use");
	assert_int_equal(vg_edit_remove_pv(vg, vg->pvs[0], &err), 0);
	assert_int_equal(vg->pv_count, 2);
	assert_string_equal(vg->pvs[0]->device_hint, "b");
	remove_lv(vg, "x");
	assert_int_equal(vg_edit_remove_pv(vg, vg->pvs[0], &err), 0);
	assert_int_equal(vg_edit_remove_pv(vg, vg->pvs[0], &err), -EBUSY);
	assert_string_equal(err.text,
			    "Can't remove final physical volume \"c\" from volume group \"v\"");
}

static void renaming_checks_the_new_name(void **state)
{
	AUTO_VG struct vg *vg = BUILD_VG(63);
	char longest[NAME_MAX_LENGTH + 1] = { 0 };
	struct err err = { 0 };

	(void)state;
	(void)create(vg, "x", 1);
	assert_int_equal(vg_edit_rename(vg, "v", &err), -EEXIST);
	assert_string_equal(err.text, "Old and new volume group names must differ");
	assert_int_equal(vg_edit_rename(vg, "a/b", &err), -EINVAL);
	memset(longest, 'n', NAME_MAX_LENGTH);
	assert_int_equal(vg_edit_rename(vg, longest, &err), -ENAMETOOLONG);
	longest[NAME_MAX_LENGTH - 2] = 0;
	assert_int_equal(vg_edit_rename(vg, longest, &err), 0);
	assert_string_equal(vg->name, longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extent_sizes_are_powers_of_two_or_multiples_of_128k),
		cmocka_unit_test(a_new_extent_size_converts_pvs_and_lvs),
		cmocka_unit_test(what_does_not_convert_exactly_is_named),
		cmocka_unit_test(a_new_pv_has_the_extents_that_fit),
		cmocka_unit_test(a_pv_is_added_once_and_within_max_pv),
		cmocka_unit_test(a_pv_with_more_extents_than_can_be_counted_is_refused),
		cmocka_unit_test(only_unused_pvs_that_are_not_the_last_are_removed),
		cmocka_unit_test(renaming_checks_the_new_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
