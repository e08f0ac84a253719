/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library handle: version, configuration, errors, finding VGs. */
#include "tests/api/api.h"

static void version_and_percent_need_no_handle(void **state)
{
	(void)state;
	assert_true(strncmp(lvm_library_get_version(), "2.02.", 5) == 0);
	assert_true(lvm_percent_to_float(50 * PERCENT_1) > 49.99F);
	assert_true(lvm_percent_to_float(PERCENT_INVALID) < 0);
}

static void configuration_is_read_overridden_once_and_reloaded(void **state)
{
	struct api *api = *state;

	assert_int_equal(lvm_config_find_bool(api->lvm, "devices/no_such_thing", 42), 42);
	assert_int_equal(lvm_config_find_bool(api->lvm, "activation/udev_sync", 42), 0);
	assert_ok(api, lvm_config_override(api->lvm, "activation { udev_sync = 1 }"));
	assert_int_equal(lvm_config_find_bool(api->lvm, "activation/udev_sync", 42), 1);
	assert_int_equal(lvm_config_override(api->lvm, "global { test = 1 }"), -1);
	api_says(api, -1, "overridden already");
	assert_ok(api, lvm_config_reload(api->lvm));
	assert_int_equal(lvm_config_find_bool(api->lvm, "activation/udev_sync", 42), 1);
}

static void a_bad_override_changes_nothing(void **state)
{
	struct api *api = *state;

	assert_int_equal(lvm_config_override(api->lvm, "devices{"), -1);
	assert_int_equal(lvm_errno(api->lvm), -1);
	assert_true(*lvm_errmsg(api->lvm) != '\0');
	assert_int_equal(lvm_config_find_bool(api->lvm, "activation/udev_sync", 42), 0);
}

static void find_bool_without_a_handle(void **state)
{
	struct api *api = *state;

	(void)api;
	assert_int_equal(lvm_config_find_bool(NULL, "activation/udev_sync", 42), 0);
	assert_int_equal(lvm_config_find_bool(NULL, "no/thing", 42), 42);
}

static void the_first_error_keeps_its_number_and_all_their_lines(void **state)
{
	struct api *api = *state;

	assert_null(lvm_vg_open(api->lvm, "none", "x", 0));
	assert_null(lvm_vg_open(api->lvm, "none", "r", 0));
	assert_int_equal(lvm_errno(api->lvm), EINVAL);
	assert_int_equal(lvm_errno(api->lvm), EINVAL); /* is not cleared by asking */
	api_says(api, EINVAL, "Invalid VG open mode");
	assert_int_equal(lvm_errno(api->lvm), 0);
	assert_string_equal(lvm_errmsg(api->lvm), "");
	assert_null(lvm_vg_open(api->lvm, "none", "r", 0));
	api_says(api, -1, "Volume group \"none\" not found");
}

static void vgs_are_found_by_name_id_pv_and_device(void **state)
{
	struct api *api = *state;
	char plain[40], *to = plain;
	struct dm_list *list;
	const char *id;
	vg_t vg;

	assert_non_null(list = lvm_list_vg_names(api->lvm));
	assert_false(api_has_text(list, api->vg));
	vg = api_vg(api, 1);
	assert_true(api_has_text(lvm_list_vg_names(api->lvm), api->vg));
	for (id = lvm_vg_get_uuid(vg); *id; id++)
		if (*id != '-')
			*to++ = *id;
	*to = '\0';
	assert_int_equal(strlen(plain), 32);
	assert_true(api_has_text(lvm_list_vg_uuids(api->lvm), plain));
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[0]), api->vg);
	id = lvm_pv_get_uuid(lvm_pv_from_name(vg, api->devices[0]));
	assert_string_equal(lvm_vgname_from_pvid(api->lvm, id), api->vg);
	assert_null(lvm_vgname_from_device(api->lvm, api->devices[1]));
	api_says(api, -1, "No physical volume found");
	assert_null(lvm_vgname_from_pvid(api->lvm, "short"));
	assert_int_equal(lvm_errno(api->lvm), -1);
	(void)lvm_errmsg(api->lvm);
	assert_ok(api, lvm_pv_create(api->lvm, api->devices[1], 0));
	assert_string_equal(lvm_vgname_from_device(api->lvm, api->devices[1]), "#orphans_lvm2");
	assert_ok(api, lvm_scan(api->lvm));
	assert_ok(api, lvm_vg_close(vg));
}

static void a_configuration_that_cannot_be_read_leaves_an_error(void **state)
{
	const char *directory = getenv("LVM_SYSTEM_DIR");
	char *saved = directory ? strdup(directory) : NULL, bad[4096];
	lvm_t lvm;
	FILE *file;

	(void)state;
	(void)snprintf(bad, sizeof(bad), "/var/tmp/clvm-api-XXXXXX");
	assert_non_null(mkdtemp(bad));
	(void)strncat(bad, "/lvm.conf", sizeof(bad) - strlen(bad) - 1);
	assert_non_null(file = fopen(bad, "w"));
	assert_true(fputs("devices {", file) >= 0);
	assert_int_equal(fclose(file), 0);
	*strrchr(bad, '/') = '\0';
	assert_int_equal(setenv("LVM_SYSTEM_DIR", bad, 1), 0);
	lvm = lvm_init(NULL);
	assert_int_equal(saved ? setenv("LVM_SYSTEM_DIR", saved, 1) : unsetenv("LVM_SYSTEM_DIR"),
			 0);
	free(saved);
	assert_non_null(lvm);
	assert_int_not_equal(lvm_errno(lvm), 0);
	lvm_quit(lvm);
	(void)strncat(bad, "/lvm.conf", sizeof(bad) - strlen(bad) - 1);
	assert_int_equal(remove(bad), 0);
	*strrchr(bad, '/') = '\0';
	assert_int_equal(remove(bad), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_and_percent_need_no_handle),
		API_TEST(configuration_is_read_overridden_once_and_reloaded),
		API_TEST(a_bad_override_changes_nothing),
		API_TEST(find_bool_without_a_handle),
		API_TEST(the_first_error_keeps_its_number_and_all_their_lines),
		API_TEST(vgs_are_found_by_name_id_pv_and_device),
		cmocka_unit_test(a_configuration_that_cannot_be_read_leaves_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
