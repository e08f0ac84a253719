/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LVs: made, changed and removed, each at once. */
#include "tests/api/api.h"

static void created_lv_is_on_disk_at_once(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	uint64_t seqno = lvm_vg_get_seqno(vg);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 5 * MIB + 1);

	assert_got(api, lv);
	assert_string_equal(lvm_lv_get_name(lv), "lv0");
	assert_int_equal(lvm_lv_get_size(lv), 8 * MIB); /* sectors down, extents up */
	assert_int_equal(strlen(lvm_lv_get_uuid(lv)), 38);
	assert_int_equal(lvm_lv_is_active(lv), api->activates);
	assert_int_equal(lvm_lv_is_suspended(lv), 0);
	assert_null(lvm_lv_get_origin(lv));
	assert_true(lvm_vg_get_seqno(vg) > seqno);
	assert_ptr_equal(lvm_lv_from_name(vg, "lv0"), lv);
	assert_ptr_equal(lvm_lv_from_uuid(vg, lvm_lv_get_uuid(lv)), lv);
	assert_null(lvm_lv_from_name(vg, "other"));
	assert_int_equal(lvm_errno(api->lvm), 0);
	assert_ok(api, lvm_vg_close(vg)); /* nothing was left to write */
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_int_equal(api_count(lvm_vg_list_lvs(vg)), 1);
	assert_ok(api, lvm_vg_close(vg));
}

static void lv_of_a_vg_that_was_never_written(void **state)
{
	struct api *api = *state;
	vg_t vg = lvm_vg_create(api->lvm, api->vg);

	assert_got(api, vg);
	assert_null(lvm_vg_create_lv_linear(vg, "x", 4 * MIB)); /* no PVs */
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_vg_extend(vg, api->devices[0]));
	assert_ok(api, lvm_vg_add_tag(vg, "pending"));
	assert_got(api, lvm_vg_create_lv_linear(vg, NULL, 4 * MIB));
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_true(api_has_text(lvm_vg_get_tags(vg), "pending"));
	assert_got(api, lvm_lv_from_name(vg, "lvol0"));
	assert_ok(api, lvm_vg_close(vg));
}

static void what_fails_leaves_pending_changes_pending(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	uint64_t seqno = lvm_vg_get_seqno(vg);

	assert_ok(api, lvm_vg_add_tag(vg, "pending"));
	assert_ok(api, lvm_vg_extend(vg, api->devices[1]));
	assert_null(lvm_vg_create_lv_linear(vg, "huge", (uint64_t)1 << 50));
	assert_true(*lvm_errmsg(api->lvm) != '\0');
	assert_int_equal(lvm_vg_get_seqno(vg), seqno);
	assert_null(
		lvm_vgname_from_device(api->lvm, api->devices[1])); /* its label was taken back */
	(void)lvm_errmsg(api->lvm);
	assert_true(api_has_text(lvm_vg_get_tags(vg), "pending"));
	assert_int_equal(lvm_vg_get_pv_count(vg), 2);
	assert_got(api, lvm_vg_create_lv_linear(vg, "small", 4 * MIB));
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[1]), api->vg);
	assert_int_equal(lvm_vg_get_seqno(vg), seqno + 1);
	assert_ok(api, lvm_vg_close(vg));
}

static void rename_resize_and_tags_survive_reopening(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "test", 5 * 4 * MIB);

	assert_got(api, lv);
	assert_ok(api, lvm_lv_rename(lv, "test1"));
	assert_string_equal(lvm_lv_get_name(lv), "test1");
	assert_ok(api, lvm_lv_resize(lv, 24 * MIB));
	assert_int_equal(lvm_lv_get_size(lv), 24 * MIB);
	assert_ok(api, lvm_lv_resize(lv, 8 * MIB));
	assert_int_equal(lvm_lv_resize(lv, 8 * MIB), -1);
	assert_int_equal(lvm_lv_resize(lv, 0), -1);
	assert_int_equal(lvm_lv_resize(lv, (uint64_t)1 << 50), -1);
	assert_int_equal(lvm_lv_get_size(lv), 8 * MIB);
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_lv_add_tag(lv, "t1"));
	assert_ok(api, lvm_lv_add_tag(lv, "t2"));
	assert_ok(api, lvm_lv_remove_tag(lv, "t1"));
	assert_ok(api, lvm_vg_write(vg));
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_got(api, lv = lvm_lv_from_name(vg, "test1"));
	assert_int_equal(lvm_lv_get_size(lv), 8 * MIB);
	assert_true(api_has_text(lvm_lv_get_tags(lv), "t2"));
	assert_int_equal(api_count(lvm_lv_get_tags(lv)), 1);
	/* From a handle that was opened to read, too. */
	assert_ok(api, lvm_lv_rename(lv, "test2"));
	assert_string_equal(lvm_lv_get_name(lv), "test2");
	assert_ok(api, lvm_lv_resize(lv, 12 * MIB));
	assert_int_equal(lvm_lv_get_size(lv), 12 * MIB);
	assert_ok(api, lvm_vg_close(vg));
}

static void activation(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 4 * MIB);

	assert_got(api, lv);
	assert_ok(api, lvm_lv_deactivate(lv));
	assert_ok(api, lvm_lv_deactivate(lv));
	assert_int_equal(lvm_lv_is_active(lv), 0);
	assert_ok(api, lvm_lv_activate(lv));
	assert_ok(api, lvm_lv_activate(lv));
	assert_int_equal(lvm_lv_is_active(lv), api->activates);
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_got(api, lv = lvm_lv_from_name(vg, "lv0"));
	assert_ok(api, lvm_lv_deactivate(lv));
	assert_int_equal(lvm_lv_is_active(lv), 0);
	assert_ok(api, lvm_vg_close(vg));
}

static void removed_lv_is_gone_and_its_handle_too(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 4 * MIB);
	lv_t other = lvm_vg_create_lv_linear(vg, "lv1", 4 * MIB);

	assert_got(api, lv);
	assert_got(api, other);
	assert_int_equal(lvm_vg_remove(vg), -1); /* not while it has LVs */
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_vg_remove_lv(lv));
	assert_null(lvm_lv_get_name(lv));
	api_says(api, EINVAL, "not an open logical volume handle");
	assert_string_equal(lvm_lv_get_name(other), "lv1");
	assert_int_equal(lvm_vg_remove_lv(lv), -1);
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_vg_close(vg));
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = { "",	   ".",	      "..",	    "-x",
					   "&bad", "pvmove0", "a_mimage_0", "x_tdata" };
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);

	assert_got(api, lvm_vg_create_lv_linear(vg, "taken", 4 * MIB));
	assert_int_equal(lvm_lv_name_validate(vg, "taken"), -1);
	api_says(api, EINVAL, "already exists");
	assert_null(lvm_vg_create_lv_linear(vg, "taken", 4 * MIB));
	(void)lvm_errmsg(api->lvm);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(lvm_lv_name_validate(vg, bad[i]), -1);
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_lv_name_validate(vg, "fine"));
	assert_null(lvm_vg_create_lv_linear(vg, "zero", 0));
	assert_null(lvm_vg_create_lv_linear(vg, "tiny", 511));
	assert_int_equal(lvm_lv_rename(lvm_lv_from_name(vg, "taken"), "&bad"), -1);
	assert_string_equal(lvm_lv_get_name(lvm_lv_from_name(vg, "taken")), "taken");
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_vg_close(vg));
}

static void other_types_say_that_they_are_not_supported(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 4 * MIB);

	assert_null(lvm_lv_snapshot(lv, "snap", 4 * MIB));
	api_says(api, ENOTSUP, "Snapshots are not supported");
	assert_null(lvm_lv_params_create_snapshot(lv, "snap", 4 * MIB));
	api_says(api, ENOTSUP, "not supported");
	assert_null(lvm_lv_params_create_thin_pool_default(vg, "pool", 16 * MIB));
	api_says(api, ENOTSUP, "not supported");
	assert_null(lvm_lv_params_create_thin(vg, "pool", "thin", 16 * MIB));
	api_says(api, ENOTSUP, "not supported");
	assert_null(lvm_lv_create(NULL));
	assert_int_equal(lvm_lv_params_set_property(NULL, "skip_zero", NULL), -1);
	assert_false(lvm_lv_params_get_property(NULL, "skip_zero").is_valid);
	api_says(api, EINVAL, "LV parameter");
	assert_ok(api, lvm_vg_close(vg));
}

static void segments_follow_the_space(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 2);
	lv_t first = lvm_vg_create_lv_linear(vg, "a", 4 * MIB), second;
	struct lvm_lvseg_list *item;
	struct dm_list *segments;
	lvseg_t stale = NULL;
	uint64_t next = 0;

	assert_got(api, first);
	assert_got(api, second = lvm_vg_create_lv_linear(vg, "b", 4 * MIB));
	assert_ok(api, lvm_lv_resize(first, 8 * MIB)); /* b is in the way: a second segment */
	assert_int_equal(api_count(segments = lvm_lv_list_lvsegs(first)), 2);
	dm_list_iterate_items (item, segments) {
		struct lvm_property_value start =
			lvm_lvseg_get_property(item->lvseg, "seg_start_pe");

		assert_true(start.is_valid && start.is_integer && !start.is_settable);
		assert_int_equal(start.value.integer, next++);
		assert_string_equal(lvm_lvseg_get_property(item->lvseg, "segtype").value.string,
				    "linear");
		stale = item->lvseg;
	}
	assert_ok(api, lvm_lv_resize(first, 4 * MIB));
	assert_false(lvm_lvseg_get_property(stale, "segtype").is_valid);
	api_says(api, EINVAL, "segment is no more");
	assert_ok(api, lvm_vg_close(vg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(created_lv_is_on_disk_at_once),
		API_TEST(lv_of_a_vg_that_was_never_written),
		API_TEST(what_fails_leaves_pending_changes_pending),
		API_TEST(rename_resize_and_tags_survive_reopening),
		API_TEST(activation),
		API_TEST(removed_lv_is_gone_and_its_handle_too),
		API_TEST(names_are_checked),
		API_TEST(other_types_say_that_they_are_not_supported),
		API_TEST(segments_follow_the_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
