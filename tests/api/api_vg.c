/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VGs: memory until lvm_vg_write(), commits, locks, PVs that come and go. */
#include "tests/api/api.h"

static void a_new_vg_is_in_memory_until_written(void **state)
{
	struct api *api = *state;
	vg_t vg = lvm_vg_create(api->lvm, api->vg);

	assert_got(api, vg);
	assert_int_equal(lvm_vg_get_seqno(vg), 0);
	assert_int_equal(lvm_vg_get_extent_size(vg), 4 * MIB);
	assert_null(lvm_vg_list_pvs(vg));
	assert_ok(api, lvm_vg_extend(vg, api->devices[0]));
	assert_int_equal(lvm_vg_get_pv_count(vg), 1);
	/* Readable before it is on disk. */
	assert_int_equal(lvm_pv_get_property(lvm_pv_from_name(vg, api->devices[0]), "pe_start")
				 .value.integer,
			 MIB);
	assert_ok(api, lvm_vg_close(vg));
	assert_null(lvm_vgname_from_device(api->lvm, api->devices[0]));
	assert_false(api_has_text(lvm_list_vg_names(api->lvm), api->vg));
}

static void written_vg_reads_back(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 2);
	uint64_t seqno = lvm_vg_get_seqno(vg);

	assert_true(seqno >= 1);
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_string_equal(lvm_vg_get_name(vg), api->vg);
	assert_int_equal(strlen(lvm_vg_get_uuid(vg)), 38);
	assert_int_equal(lvm_vg_get_seqno(vg), seqno);
	assert_int_equal(lvm_vg_get_pv_count(vg), 2);
	assert_int_equal(api_count(lvm_vg_list_pvs(vg)), 2);
	assert_null(lvm_vg_list_lvs(vg));
	assert_int_equal(lvm_vg_get_size(vg),
			 lvm_vg_get_extent_count(vg) * lvm_vg_get_extent_size(vg));
	assert_int_equal(lvm_vg_get_free_size(vg), lvm_vg_get_size(vg));
	assert_int_equal(lvm_vg_get_free_extent_count(vg), lvm_vg_get_extent_count(vg));
	assert_int_equal(lvm_vg_get_max_pv(vg), 0);
	assert_int_equal(lvm_vg_get_max_lv(vg), 0);
	assert_int_equal(lvm_vg_is_clustered(vg), api->clustered);
	assert_int_equal(lvm_vg_is_exported(vg), 0);
	assert_int_equal(lvm_vg_is_partial(vg), 0);
	assert_ok(api, lvm_vg_close(vg));
}

static void a_read_handle_changes_nothing(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	uint64_t seqno = lvm_vg_get_seqno(vg);

	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "read", 0));
	assert_int_equal(lvm_vg_add_tag(vg, "t"), -1);
	api_says(api, EPERM, "read-only VG");
	assert_int_equal(lvm_vg_extend(vg, api->devices[1]), -1);
	assert_int_equal(lvm_vg_reduce(vg, api->devices[0]), -1);
	assert_int_equal(lvm_vg_remove(vg), -1);
	assert_int_equal(lvm_vg_write(vg), -1);
	assert_int_equal(lvm_vg_set_extent_size(vg, 1 << 20), -1);
	assert_null(lvm_vg_create_lv_linear(vg, "x", 4 * MIB));
	api_says(api, EPERM, "read-only VG");
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_int_equal(lvm_vg_get_seqno(vg), seqno);
	assert_ok(api, lvm_vg_close(vg));
}

static void tags_live_in_memory_until_written(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);

	assert_int_equal(api_count(lvm_vg_get_tags(vg)), 0);
	assert_ok(api, lvm_vg_add_tag(vg, "one"));
	assert_ok(api, lvm_vg_add_tag(vg, "one"));
	assert_ok(api, lvm_vg_add_tag(vg, "two"));
	assert_ok(api, lvm_vg_remove_tag(vg, "three"));
	assert_int_equal(api_count(lvm_vg_get_tags(vg)), 2);
	assert_ok(api, lvm_vg_close(vg)); /* not written */
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "w", 0));
	assert_int_equal(api_count(lvm_vg_get_tags(vg)), 0);
	assert_ok(api, lvm_vg_add_tag(vg, "one"));
	assert_ok(api, lvm_vg_write(vg));
	assert_ok(api, lvm_vg_remove_tag(vg, "one"));
	assert_ok(api, lvm_vg_add_tag(vg, "two"));
	assert_ok(api, lvm_vg_write(vg));
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_true(api_has_text(lvm_vg_get_tags(vg), "two"));
	assert_int_equal(api_count(lvm_vg_get_tags(vg)), 1);
	assert_ok(api, lvm_vg_close(vg));
}

static void pvs_come_and_go(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	uint64_t seqno;

	assert_ok(api, lvm_vg_extend(vg, api->devices[1]));
	assert_int_equal(lvm_vg_extend(vg, api->devices[1]), -1);
	assert_true(*lvm_errmsg(api->lvm) != '\0');
	assert_ok(api, lvm_vg_reduce(vg, api->devices[0]));
	assert_int_equal(lvm_vg_reduce(vg, api->devices[1]), -1);
	api_says(api, EBUSY, "final physical volume");
	assert_ok(api, lvm_vg_write(vg));
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[1]), api->vg);
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[0]), "#orphans_lvm2");
	/* And back, in the same handle. */
	seqno = lvm_vg_get_seqno(vg);
	assert_ok(api, lvm_vg_extend(vg, api->devices[0]));
	assert_ok(api, lvm_vg_write(vg));
	assert_int_equal(lvm_vg_get_seqno(vg), seqno + 1);
	assert_int_equal(lvm_vg_get_pv_count(vg), 2);
	assert_ok(api, lvm_vg_close(vg));
}

static void devices_that_cannot_be_had_are_refused(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1), other;
	char name[80];

	assert_int_equal(lvm_vg_extend(vg, "/dev/no-such-device"), -1);
	api_says(api, -1, "/dev/no-such-device");
	(void)snprintf(name, sizeof(name), "%s2", api->vg);
	assert_got(api, other = lvm_vg_create(api->lvm, name));
	assert_int_equal(lvm_vg_extend(other, api->devices[0]), -1);
	api_says(api, EBUSY, api->vg);
	assert_int_equal(lvm_vg_get_pv_count(other), 0);
	assert_ok(api, lvm_vg_write(other)); /* no PV, no VG */
	assert_ok(api, lvm_vg_close(other));
	assert_false(api_has_text(lvm_list_vg_names(api->lvm), name));
	assert_ok(api, lvm_vg_close(vg));
}

static void extent_size_is_bytes(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);

	assert_ok(api, lvm_vg_set_extent_size(vg, 4 << 20));
	assert_ok(api, lvm_vg_set_extent_size(vg, 1 << 20));
	assert_int_equal(lvm_vg_get_extent_size(vg), MIB);
	assert_int_equal(lvm_vg_set_extent_size(vg, 511), -1);
	assert_int_equal(lvm_vg_get_extent_size(vg), MIB);
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_vg_write(vg));
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_int_equal(lvm_vg_get_extent_size(vg), MIB);
	assert_ok(api, lvm_vg_close(vg));
}

static void removed_vg_leaves_orphans(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 2);

	assert_ok(api, lvm_vg_remove(vg));
	assert_null(lvm_vg_list_pvs(vg));
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[0]), api->vg);
	assert_ok(api, lvm_vg_write(vg));
	assert_ok(api, lvm_vg_close(vg));
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[0]), "#orphans_lvm2");
	assert_false(api_has_text(lvm_list_vg_names(api->lvm), api->vg));
}

static void a_vg_that_is_open_is_read_without_waiting(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1), again;

	assert_got(api, again = lvm_vg_open(api->lvm, api->vg, "r", 0));
	assert_int_equal(lvm_vg_get_seqno(again), lvm_vg_get_seqno(vg));
	assert_null(lvm_vg_open(api->lvm, api->vg, "w", 0));
	api_says(api, EDEADLK, "open for writing");
	assert_null(lvm_vg_create(api->lvm, api->vg));
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_vg_close(vg));
	/* A reader gives way to a writer of the same handle. */
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "w", 0));
	assert_ok(api, lvm_vg_add_tag(vg, "t"));
	assert_ok(api, lvm_vg_write(vg));
	assert_int_equal(lvm_vg_get_seqno(again) + 1, lvm_vg_get_seqno(vg));
	assert_ok(api, lvm_vg_close(again));
	assert_ok(api, lvm_vg_close(vg));
}

static void locks_of_several_vgs_are_taken_by_name(void **state)
{
	struct api *api = *state;
	char before[80];
	vg_t vg, second;

	(void)snprintf(before, sizeof(before), "%.*s", (int)strlen(api->vg) - 1, api->vg);
	assert_got(api, vg = lvm_vg_create(api->lvm, api->vg));
	assert_null(lvm_vg_create(api->lvm, before));
	api_says(api, EDEADLK, "order of names");
	assert_ok(api, lvm_vg_close(vg));
	assert_got(api, vg = lvm_vg_create(api->lvm, before));
	assert_got(api, second = lvm_vg_create(api->lvm, api->vg));
	assert_ok(api, lvm_vg_close(second));
	assert_ok(api, lvm_vg_close(vg));
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = { "", ".", "..", "-x", "&bad", "a/b", "null" };
	struct api *api = *state;
	char longest[129];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(lvm_vg_name_validate(api->lvm, bad[i]), -1);
		assert_null(lvm_vg_create(api->lvm, bad[i]));
	}
	assert_true(*lvm_errmsg(api->lvm) != '\0');
	memset(longest, 'a', 128);
	longest[128] = '\0';
	assert_int_equal(lvm_vg_name_validate(api->lvm, longest), -1);
	longest[127] = '\0';
	assert_ok(api, lvm_vg_name_validate(api->lvm, longest));
	assert_ok(api, lvm_vg_name_validate(api->lvm, ".X"));
	assert_ok(api, lvm_vg_name_validate(api->lvm, "..X"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(a_new_vg_is_in_memory_until_written),
		API_TEST(written_vg_reads_back),
		API_TEST(a_read_handle_changes_nothing),
		API_TEST(tags_live_in_memory_until_written),
		API_TEST(pvs_come_and_go),
		API_TEST(devices_that_cannot_be_had_are_refused),
		API_TEST(extent_size_is_bytes),
		API_TEST(removed_vg_leaves_orphans),
		API_TEST(a_vg_that_is_open_is_read_without_waiting),
		API_TEST(locks_of_several_vgs_are_taken_by_name),
		API_TEST(names_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
