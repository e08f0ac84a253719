/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PVs: lists of all, making, unmaking, parameters. */
#include "tests/api/api.h"

static bool listed(struct api *api, const char *device)
{
	struct dm_list *list = lvm_list_pvs(api->lvm);
	struct lvm_pv_list *item;
	bool found = false;

	assert_got(api, list);
	dm_list_iterate_items (item, list)
		found |= !strcmp(lvm_pv_get_name(item->pv), device);
	assert_ok(api, lvm_list_pvs_free(list));
	return found;
}

static void a_pv_is_made_and_unmade_at_once(void **state)
{
	struct api *api = *state;

	assert_false(listed(api, api->devices[0]));
	assert_ok(api, lvm_pv_create(api->lvm, api->devices[0], 0));
	assert_true(listed(api, api->devices[0]));
	assert_ok(api, lvm_pv_create(api->lvm, api->devices[0], 8 * MIB)); /* anew */
	assert_ok(api, lvm_pv_remove(api->lvm, api->devices[0]));
	assert_false(listed(api, api->devices[0]));
	assert_int_equal(lvm_pv_remove(api->lvm, api->devices[0]), -1);
	assert_int_equal(lvm_pv_create(api->lvm, api->devices[0], 1000), -1);
	assert_int_equal(lvm_pv_create(api->lvm, api->devices[0], 512), -1);
	assert_int_equal(lvm_pv_create(api->lvm, "", 0), -1);
	assert_int_equal(lvm_pv_create(api->lvm, "/dev/null", 0), -1);
	(void)lvm_errmsg(api->lvm);
}

static void a_pv_in_use_stays(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);

	assert_ok(api, lvm_vg_close(vg));
	assert_int_equal(lvm_pv_create(api->lvm, api->devices[0], 0), -1);
	api_says(api, EBUSY, api->vg);
	assert_int_equal(lvm_pv_remove(api->lvm, api->devices[0]), -1);
	api_says(api, EBUSY, api->vg);
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[0]), api->vg);
}

static void the_list_tells_all_and_holds_until_freed(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	struct lvm_pv_list *item;
	unsigned orphans = 0, used = 0;
	struct dm_list *list;
	pv_t kept = NULL;

	assert_ok(api, lvm_vg_close(vg));
	assert_ok(api, lvm_pv_create(api->lvm, api->devices[1], 8 * MIB));
	assert_got(api, list = lvm_list_pvs(api->lvm));
	dm_list_iterate_items (item, list) {
		kept = item->pv;
		assert_int_equal(strlen(lvm_pv_get_uuid(item->pv)), 38);
		if (!strcmp(lvm_pv_get_name(item->pv), api->devices[1])) {
			assert_int_equal(lvm_pv_get_size(item->pv), 8 * MIB);
			assert_int_equal(lvm_pv_get_free(item->pv), 8 * MIB);
			assert_null(lvm_pv_list_pvsegs(item->pv));
			orphans++;
		} else if (!strcmp(lvm_pv_get_name(item->pv), api->devices[0])) {
			assert_true(lvm_pv_get_dev_size(item->pv) > lvm_pv_get_size(item->pv));
			assert_int_equal(lvm_pv_get_mda_count(item->pv), 1);
			assert_int_equal(api_count(lvm_pv_list_pvsegs(item->pv)), 1);
			used++;
		}
	}
	assert_int_equal(orphans, 1);
	assert_int_equal(used, 1);
	/* The same handle may go on making and unmaking PVs. */
	assert_ok(api, lvm_pv_remove(api->lvm, api->devices[1]));
	assert_ok(api, lvm_list_pvs_free(list));
	assert_null(lvm_pv_get_name(kept));
	(void)lvm_errmsg(api->lvm);
	assert_int_equal(lvm_list_pvs_free(list), -1);
	api_says(api, EINVAL, "PV list");
	assert_ok(api, lvm_list_pvs_free(NULL));
}

static uint64_t parameter(pv_create_params_t params, const char *name)
{
	struct lvm_property_value value = lvm_pv_params_get_property(params, name);

	assert_true(value.is_valid && value.is_integer && value.is_settable && !value.is_string);
	return value.value.integer;
}

static void set_parameter(struct api *api, pv_create_params_t params, const char *name,
			  uint64_t number)
{
	struct lvm_property_value value = lvm_pv_params_get_property(params, name);

	value.value.integer = number;
	assert_ok(api, lvm_pv_params_set_property(params, name, &value));
}

static void parameters_have_defaults_and_are_obeyed(void **state)
{
	struct api *api = *state;
	pv_create_params_t params = lvm_pv_params_create(api->lvm, api->devices[0]);
	vg_t vg;
	pv_t pv;

	assert_got(api, params);
	assert_int_equal(parameter(params, "size"), 0);
	assert_int_equal(parameter(params, "pvmetadatacopies"), 1);
	assert_int_equal(parameter(params, "pvmetadatasize"), 255);
	assert_int_equal(parameter(params, "data_alignment"), 0);
	assert_int_equal(parameter(params, "data_alignment_offset"), 0);
	assert_int_equal(parameter(params, "zero"), 1);
	assert_false(lvm_pv_params_get_property(params, "colour").is_valid);
	api_says(api, EINVAL, "colour");
	set_parameter(api, params, "pvmetadatacopies", 2);
	set_parameter(api, params, "data_alignment", 4096);
	set_parameter(api, params, "pvmetadatasize", 1024);
	assert_ok(api, lvm_pv_create_adv(params));
	vg = api_vg(api, 1);
	assert_got(api, pv = lvm_pv_from_name(vg, api->devices[0]));
	assert_int_equal(lvm_pv_get_mda_count(pv), 2);
	assert_int_equal(lvm_pv_get_property(pv, "pe_start").value.integer, 2 * MIB);
	assert_ok(api, lvm_vg_close(vg));
}

static void parameters_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *name;
		uint64_t value;
	} bad[] = {
		{ "pvmetadatacopies", 4 },
		{ "size", 4 },
		{ "size", 100 },
		{ "data_alignment", (uint64_t)1 << 34 },
		{ "data_alignment_offset", (uint64_t)1 << 34 },
		{ "data_alignment", UINT32_MAX },
	};
	struct api *api = *state;

	assert_null(lvm_pv_params_create(api->lvm, NULL));
	assert_null(lvm_pv_params_create(api->lvm, ""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		pv_create_params_t params = lvm_pv_params_create(api->lvm, api->devices[0]);

		assert_got(api, params);
		set_parameter(api, params, bad[i].name, bad[i].value);
		assert_int_equal(lvm_pv_create_adv(params), -1);
	}
	assert_true(*lvm_errmsg(api->lvm) != '\0');
	assert_false(listed(api, api->devices[0]));
}

static void pvs_of_a_vg_are_found_and_tell_their_space(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 2);
	pv_t pv = lvm_pv_from_name(vg, api->devices[0]);
	struct lvm_pvseg_list *item;
	struct dm_list *segments;
	uint64_t next = 0, free_before;

	assert_got(api, pv);
	assert_ptr_equal(lvm_pv_from_uuid(vg, lvm_pv_get_uuid(pv)), pv);
	assert_null(lvm_pv_from_name(vg, "/dev/none"));
	assert_int_equal(lvm_errno(api->lvm), 0);
	assert_null(lvm_pv_from_uuid(vg, "short"));
	api_says(api, EINVAL, "Invalid UUID string length");
	free_before = lvm_pv_get_free(pv);
	assert_got(api, lvm_vg_create_lv_linear(vg, "lv0", 4 * MIB));
	assert_int_equal(lvm_pv_get_free(pv), free_before - 4 * MIB);
	assert_int_equal(api_count(segments = lvm_pv_list_pvsegs(pv)), 2);
	dm_list_iterate_items (item, segments) {
		struct lvm_property_value start =
			lvm_pvseg_get_property(item->pvseg, "pvseg_start");

		assert_int_equal(start.value.integer, next);
		next += lvm_pvseg_get_property(item->pvseg, "pvseg_size").value.integer / 512;
	}
	assert_int_equal(next, lvm_pv_get_property(pv, "pv_pe_count").value.integer);
	assert_ok(api, lvm_vg_close(vg));
}

static void a_pv_is_resized_in_a_vg_and_without(void **state)
{
	struct api *api = *state;
	struct lvm_pv_list *item;
	struct dm_list *list;
	uint64_t device;
	vg_t vg;
	pv_t pv;

	assert_ok(api, lvm_pv_create(api->lvm, api->devices[1], 0));
	assert_got(api, list = lvm_list_pvs(api->lvm));
	dm_list_iterate_items (item, list)
		if (!strcmp(lvm_pv_get_name(item->pv), api->devices[1]))
			assert_ok(api, lvm_pv_resize(item->pv, 16 * MIB));
	assert_ok(api, lvm_list_pvs_free(list));
	assert_got(api, list = lvm_list_pvs(api->lvm));
	dm_list_iterate_items (item, list)
		if (!strcmp(lvm_pv_get_name(item->pv), api->devices[1]))
			assert_int_equal(lvm_pv_get_size(item->pv), 16 * MIB);
	assert_ok(api, lvm_list_pvs_free(list));
	vg = api_vg(api, 1);
	assert_got(api, pv = lvm_pv_from_name(vg, api->devices[0]));
	device = lvm_pv_get_dev_size(pv);
	assert_got(api, lvm_vg_create_lv_linear(vg, "lv0", 16 * MIB));
	assert_int_equal(lvm_pv_resize(pv, 12 * MIB), -1); /* less than is used */
	api_says(api, -1, "are allocated");
	assert_int_equal(lvm_pv_resize(pv, 1000), -1);
	api_says(api, EINVAL, "multiple of 512");
	assert_ok(api, lvm_pv_resize(pv, 32 * MIB));
	assert_int_equal(lvm_pv_get_size(pv), 28 * MIB);
	assert_ok(api, lvm_pv_resize(pv, 0));
	assert_int_equal(lvm_pv_get_size(pv), device - 4 * MIB);
	assert_ok(api, lvm_vg_close(vg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(a_pv_is_made_and_unmade_at_once),
		API_TEST(a_pv_in_use_stays),
		API_TEST(the_list_tells_all_and_holds_until_freed),
		API_TEST(parameters_have_defaults_and_are_obeyed),
		API_TEST(parameters_that_make_no_sense_are_refused),
		API_TEST(pvs_of_a_vg_are_found_and_tell_their_space),
		API_TEST(a_pv_is_resized_in_a_vg_and_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
