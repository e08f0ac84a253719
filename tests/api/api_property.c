/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties: each name has its type, known ones are valid, others say why not. */
#include "tests/api/api.h"

enum kind { TEXT, TEXT_OR_NULL, NUMBER, SIGNED, NOTHING, NOT_THERE };

struct expected {
	enum kind kind;
	const char *names;
};

static const struct expected of_vg[] = {
	{ TEXT, "vg_fmt vg_uuid vg_name vg_attr vg_sysid vg_systemid vg_lock_type vg_lock_args "
		"vg_tags vg_profile" },
	{ NUMBER, "vg_size vg_free vg_extent_size vg_mda_free vg_mda_size vg_extent_count "
		  "vg_free_count max_lv max_pv pv_count vg_missing_pv_count lv_count snap_count "
		  "vg_seqno vg_mda_count vg_mda_used_count vg_mda_copies" },
	{ NOT_THERE, "vg_permissions vg_extendable vg_exported vg_partial vg_allocation_policy "
		     "vg_clustered vg_shared" },
	{ TEXT, NULL },
};
static const struct expected of_pv[] = {
	{ TEXT, "pv_fmt pv_uuid pv_name pv_attr pv_tags" },
	{ NUMBER, "dev_size pv_size pv_free pv_used pe_start pv_mda_free pv_mda_size pv_ba_start "
		  "pv_ba_size pv_pe_count pv_pe_alloc_count pv_mda_count pv_mda_used_count" },
	{ NOT_THERE, "pv_allocatable pv_exported pv_missing pv_in_use pv_duplicate pv_ext_vsn "
		     "pv_major pv_minor" },
	{ TEXT, NULL },
};
static const struct expected of_lv[] = {
	{ TEXT, "lv_uuid lv_name lv_full_name lv_path lv_dm_path lv_parent lv_attr lv_active "
		"lv_tags lv_profile lv_lockargs lv_host lv_modules" },
	{ TEXT_OR_NULL, "origin origin_uuid move_pv move_pv_uuid convert_lv convert_lv_uuid "
			"mirror_log mirror_log_uuid data_lv data_lv_uuid metadata_lv "
			"metadata_lv_uuid pool_lv pool_lv_uuid raid_sync_action "
			"kernel_discards" },
	{ NOTHING, "lv_time lv_time_removed" },
	{ NUMBER, "lv_size lv_read_ahead lv_kernel_read_ahead lv_metadata_size origin_size "
		  "seg_count raid_mismatch_count raid_write_behind raid_min_recovery_rate "
		  "raid_max_recovery_rate" },
	{ SIGNED, "lv_major lv_minor lv_kernel_major lv_kernel_minor data_percent snap_percent "
		  "metadata_percent copy_percent sync_percent" },
	{ NOT_THERE, "lv_layout lv_role lv_initial_image_sync lv_image_synced lv_merging "
		     "lv_converting lv_allocation_policy lv_allocation_locked lv_fixed_minor "
		     "lv_skip_activation lv_when_full lv_active_locally lv_active_remotely "
		     "lv_active_exclusively lv_ancestors lv_full_ancestors lv_descendants "
		     "lv_full_descendants lv_historical lv_permissions lv_suspended lv_live_table "
		     "lv_inactive_table lv_device_open lv_health_status lv_check_needed "
		     "lv_merge_failed lv_snapshot_invalid cache_total_blocks cache_used_blocks "
		     "cache_dirty_blocks cache_read_hits cache_read_misses cache_write_hits "
		     "cache_write_misses kernel_cache_settings kernel_cache_policy "
		     "kernel_metadata_format" },
	{ TEXT, NULL },
};
static const struct expected of_segment[] = {
	{ TEXT, "segtype seg_tags seg_pe_ranges seg_le_ranges seg_metadata_le_ranges devices "
		"metadata_devices seg_monitor cache_mode" },
	{ TEXT_OR_NULL, "discards" },
	{ NUMBER, "stripes data_stripes data_copies reshape_len reshape_len_le data_offset "
		  "new_data_offset parity_chunks thin_count transaction_id thin_id "
		  "cache_metadata_format zero seg_start_pe seg_size_pe stripe_size region_size "
		  "chunk_size seg_start seg_size" },
	{ NOT_THERE, "cache_policy cache_settings" },
	{ TEXT, NULL },
};

typedef struct lvm_property_value (*getter)(const void *object, const char *name);

static struct lvm_property_value get_vg(const void *object, const char *name)
{
	return lvm_vg_get_property((vg_t)(uintptr_t)object, name);
}

static struct lvm_property_value get_pv(const void *object, const char *name)
{
	return lvm_pv_get_property((pv_t)(uintptr_t)object, name);
}

static struct lvm_property_value get_lv(const void *object, const char *name)
{
	return lvm_lv_get_property((lv_t)(uintptr_t)object, name);
}

static struct lvm_property_value get_segment(const void *object, const char *name)
{
	return lvm_lvseg_get_property((lvseg_t)(uintptr_t)object, name);
}

static void check_value(struct api *api, const char *name, enum kind kind,
			struct lvm_property_value value)
{
	const bool settable = !strcmp(name, "vg_mda_copies");

	if (kind == NOT_THERE) {
		assert_false(value.is_valid);
		api_says(api, ENOSYS, name);
		return;
	}
	if (!value.is_valid)
		fail_msg("%s: %s", name, lvm_errmsg(api->lvm));
	assert_int_equal(value.is_settable, settable);
	assert_int_equal(value.is_string, kind == TEXT || kind == TEXT_OR_NULL);
	assert_int_equal(value.is_integer, kind == NUMBER || kind == SIGNED);
	assert_int_equal(value.is_signed, kind == SIGNED);
	if (kind == TEXT && !value.value.string)
		fail_msg("%s is NULL", name);
	if (kind == TEXT_OR_NULL && value.value.string)
		fail_msg("%s of a linear volume is \"%s\"", name, value.value.string);
}

static void check_all(struct api *api, const struct expected *expected, const void *object,
		      getter get)
{
	for (; expected->names; expected++) {
		char *names = strdup(expected->names), *rest = names, *name;

		assert_non_null(names);
		while ((name = strsep(&rest, " ")))
			check_value(api, name, expected->kind, get(object, name));
		free(names);
	}
	assert_false(get(object, "no_such_property").is_valid);
	api_says(api, EINVAL, "no_such_property");
	assert_false(get(object, NULL).is_valid);
	assert_int_equal(lvm_errno(api->lvm), EINVAL);
	(void)lvm_errmsg(api->lvm);
}

static lvseg_t first_segment(lv_t lv)
{
	struct dm_list *segments = lvm_lv_list_lvsegs(lv);
	struct lvm_lvseg_list *item;

	dm_list_iterate_items (item, segments)
		return item->lvseg;
	return NULL;
}

static void every_name_has_its_type(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 4 * MIB);

	assert_got(api, lv);
	check_all(api, of_vg, vg, get_vg);
	check_all(api, of_lv, lv, get_lv);
	check_all(api, of_pv, lvm_pv_from_name(vg, api->devices[0]), get_pv);
	check_all(api, of_segment, first_segment(lv), get_segment);
	/* A name of another kind of object is no name of this one. */
	assert_false(lvm_vg_get_property(vg, "lv_name").is_valid);
	api_says(api, EINVAL, "lv_name");
	assert_ok(api, lvm_vg_close(vg));
}

#define NUMBER_OF(get, object, name) ((get)((object), (name)).value.integer)
#define SIGNED_OF(get, object, name) ((get)((object), (name)).value.signed_integer)
#define TEXT_OF(get, object, name)   ((get)((object), (name)).value.string)

static void values_are_what_the_getters_say(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 8 * MIB);
	char full[100];

	assert_got(api, lv);
	assert_ok(api, lvm_lv_add_tag(lv, "b"));
	assert_ok(api, lvm_lv_add_tag(lv, "a"));
	assert_int_equal(NUMBER_OF(get_vg, vg, "vg_size"), lvm_vg_get_size(vg));
	assert_int_equal(NUMBER_OF(get_vg, vg, "vg_free"), lvm_vg_get_free_size(vg));
	assert_int_equal(NUMBER_OF(get_vg, vg, "vg_extent_size"), 4 * MIB);
	assert_int_equal(NUMBER_OF(get_vg, vg, "lv_count"), 1);
	assert_int_equal(NUMBER_OF(get_vg, vg, "vg_mda_copies"), 0);
	assert_string_equal(TEXT_OF(get_vg, vg, "vg_attr"), api->clustered ? "wz--nc" : "wz--n-");
	(void)snprintf(full, sizeof(full), "%s/lv0", api->vg);
	assert_string_equal(TEXT_OF(get_lv, lv, "lv_full_name"), full);
	assert_string_equal(TEXT_OF(get_lv, lv, "lv_tags"), "b,a"); /* as they came */
	assert_int_equal(NUMBER_OF(get_lv, lv, "lv_size"), 8 * MIB);
	assert_int_equal(NUMBER_OF(get_lv, lv, "lv_read_ahead"), 0); /* none */
	assert_int_equal(SIGNED_OF(get_lv, lv, "lv_minor"), -1);
	assert_int_equal(SIGNED_OF(get_lv, lv, "data_percent"), -1);
	assert_int_equal(SIGNED_OF(get_lv, lv, "copy_percent"), PERCENT_100);
	if (!api->activates)
		assert_int_equal(NUMBER_OF(get_lv, lv, "lv_kernel_read_ahead"), 2199023255040ULL);
	assert_int_equal(strlen(lvm_lv_get_attr(lv)), 10);
	assert_int_equal(NUMBER_OF(get_segment, first_segment(lv), "seg_size"), 8 * MIB);
	assert_int_equal(NUMBER_OF(get_segment, first_segment(lv), "stripes"), 1);
	assert_ok(api, lvm_vg_close(vg));
}

static void the_one_that_can_be_set(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 2);
	struct lvm_property_value value = lvm_vg_get_property(vg, "vg_mda_copies");

	assert_ok(api, lvm_vg_set_property(vg, "vg_mda_copies", &value)); /* as it was */
	value.value.integer = 1;
	assert_ok(api, lvm_vg_set_property(vg, "vg_mda_copies", &value));
	assert_ok(api, lvm_vg_write(vg));
	assert_int_equal(lvm_vg_get_property(vg, "vg_mda_copies").value.integer, 1);
	value = lvm_vg_get_property(vg, "vg_name");
	assert_int_equal(lvm_vg_set_property(vg, "vg_name", &value), -1);
	assert_false(value.is_valid);
	api_says(api, EINVAL, "read-only property");
	assert_ok(api, lvm_vg_close(vg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(every_name_has_its_type),
		API_TEST(values_are_what_the_getters_say),
		API_TEST(the_one_that_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
