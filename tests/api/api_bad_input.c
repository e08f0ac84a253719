/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NULL, closed and foreign handles, locks that others hold: an error, and nothing else. */
#include "tests/api/api.h"

#include <sys/wait.h>
#include <unistd.h>

#define EACH_VG_CALL(vg)                                                              \
	do {                                                                          \
		assert_int_equal(lvm_vg_close(vg), -1);                               \
		assert_int_equal(lvm_vg_write(vg), -1);                               \
		assert_int_equal(lvm_vg_remove(vg), -1);                              \
		assert_int_equal(lvm_vg_extend(vg, "/dev/x"), -1);                    \
		assert_int_equal(lvm_vg_reduce(vg, "/dev/x"), -1);                    \
		assert_int_equal(lvm_vg_set_extent_size(vg, 1 << 20), -1);            \
		assert_int_equal(lvm_vg_add_tag(vg, "t"), -1);                        \
		assert_int_equal(lvm_vg_remove_tag(vg, "t"), -1);                     \
		assert_int_equal(lvm_vg_set_property(vg, "vg_mda_copies", NULL), -1); \
		assert_null(lvm_vg_get_uuid(vg));                                     \
		assert_null(lvm_vg_get_name(vg));                                     \
		assert_int_equal(lvm_vg_get_seqno(vg), 0);                            \
		assert_int_equal(lvm_vg_get_size(vg), 0);                             \
		assert_int_equal(lvm_vg_get_free_size(vg), 0);                        \
		assert_int_equal(lvm_vg_get_extent_size(vg), 0);                      \
		assert_int_equal(lvm_vg_get_extent_count(vg), 0);                     \
		assert_int_equal(lvm_vg_get_free_extent_count(vg), 0);                \
		assert_int_equal(lvm_vg_get_pv_count(vg), 0);                         \
		assert_int_equal(lvm_vg_get_max_pv(vg), 0);                           \
		assert_int_equal(lvm_vg_get_max_lv(vg), 0);                           \
		assert_int_equal(lvm_vg_is_clustered(vg), 0);                         \
		assert_int_equal(lvm_vg_is_exported(vg), 0);                          \
		assert_int_equal(lvm_vg_is_partial(vg), 0);                           \
		assert_null(lvm_vg_get_tags(vg));                                     \
		assert_false(lvm_vg_get_property(vg, "vg_name").is_valid);            \
		assert_null(lvm_vg_list_lvs(vg));                                     \
		assert_null(lvm_vg_list_pvs(vg));                                     \
		assert_null(lvm_vg_create_lv_linear(vg, "x", 4 * MIB));               \
		assert_int_equal(lvm_lv_name_validate(vg, "x"), -1);                  \
		assert_null(lvm_lv_from_name(vg, "x"));                               \
		assert_null(lvm_lv_from_uuid(vg, "x"));                               \
		assert_null(lvm_pv_from_name(vg, "x"));                               \
		assert_null(lvm_pv_from_uuid(vg, "x"));                               \
		assert_null(lvm_lv_params_create_thin(vg, "p", "x", 1));              \
	} while (0)

#define EACH_LV_CALL(lv)                                                   \
	do {                                                               \
		assert_int_equal(lvm_vg_remove_lv(lv), -1);                \
		assert_int_equal(lvm_lv_activate(lv), -1);                 \
		assert_int_equal(lvm_lv_deactivate(lv), -1);               \
		assert_int_equal(lvm_lv_is_active(lv), 0);                 \
		assert_int_equal(lvm_lv_is_suspended(lv), 0);              \
		assert_int_equal(lvm_lv_rename(lv, "y"), -1);              \
		assert_int_equal(lvm_lv_resize(lv, 4 * MIB), -1);          \
		assert_null(lvm_lv_snapshot(lv, "s", 4 * MIB));            \
		assert_null(lvm_lv_get_uuid(lv));                          \
		assert_null(lvm_lv_get_name(lv));                          \
		assert_null(lvm_lv_get_attr(lv));                          \
		assert_null(lvm_lv_get_origin(lv));                        \
		assert_int_equal(lvm_lv_get_size(lv), 0);                  \
		assert_false(lvm_lv_get_property(lv, "lv_name").is_valid); \
		assert_int_equal(lvm_lv_add_tag(lv, "t"), -1);             \
		assert_int_equal(lvm_lv_remove_tag(lv, "t"), -1);          \
		assert_null(lvm_lv_get_tags(lv));                          \
		assert_null(lvm_lv_list_lvsegs(lv));                       \
	} while (0)

#define EACH_PV_CALL(pv)                                                   \
	do {                                                               \
		assert_null(lvm_pv_get_uuid(pv));                          \
		assert_null(lvm_pv_get_name(pv));                          \
		assert_int_equal(lvm_pv_get_mda_count(pv), 0);             \
		assert_int_equal(lvm_pv_get_dev_size(pv), 0);              \
		assert_int_equal(lvm_pv_get_size(pv), 0);                  \
		assert_int_equal(lvm_pv_get_free(pv), 0);                  \
		assert_false(lvm_pv_get_property(pv, "pv_name").is_valid); \
		assert_null(lvm_pv_list_pvsegs(pv));                       \
	} while (0)

static void null_is_refused_everywhere(void **state)
{
	struct api *api = *state;

	assert_null(lvm_vg_open(NULL, "x", "r", 0));
	assert_null(lvm_vg_create(NULL, "x"));
	assert_null(lvm_vg_open(api->lvm, NULL, "r", 0));
	assert_null(lvm_vg_open(api->lvm, "x", NULL, 0));
	assert_null(lvm_vg_create(api->lvm, NULL));
	assert_int_equal(lvm_vg_name_validate(NULL, "x"), -1);
	assert_int_equal(lvm_vg_name_validate(api->lvm, NULL), -1);
	assert_null(lvm_list_vg_names(NULL));
	assert_null(lvm_list_vg_uuids(NULL));
	assert_null(lvm_list_pvs(NULL));
	assert_int_equal(lvm_scan(NULL), -1);
	assert_int_equal(lvm_config_reload(NULL), -1);
	assert_int_equal(lvm_config_override(NULL, ""), -1);
	assert_int_equal(lvm_config_override(api->lvm, NULL), -1);
	assert_null(lvm_vgname_from_pvid(api->lvm, NULL));
	assert_null(lvm_vgname_from_device(api->lvm, NULL));
	assert_int_equal(lvm_pv_create(NULL, "x", 0), -1);
	assert_int_equal(lvm_pv_create(api->lvm, NULL, 0), -1);
	assert_int_equal(lvm_pv_remove(api->lvm, NULL), -1);
	assert_int_equal(lvm_pv_create_adv(NULL), -1);
	EACH_VG_CALL(NULL);
	EACH_LV_CALL(NULL);
	EACH_PV_CALL(NULL);
	assert_false(lvm_lvseg_get_property(NULL, "segtype").is_valid);
	assert_false(lvm_pvseg_get_property(NULL, "pvseg_start").is_valid);
	api_says(api, EINVAL, "(NULL)");
	lvm_quit(NULL);
	assert_int_equal(lvm_errno(NULL), EINVAL);
	assert_non_null(lvm_errmsg(NULL));
}

static void closed_handles_are_refused_everywhere(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	lv_t lv = lvm_vg_create_lv_linear(vg, "lv0", 4 * MIB);
	pv_t pv = lvm_pv_from_name(vg, api->devices[0]);
	struct lvm_lvseg_list *item;
	struct dm_list *segments;
	lvseg_t segment = NULL;

	assert_got(api, lv);
	assert_got(api, pv);
	assert_got(api, segments = lvm_lv_list_lvsegs(lv));
	dm_list_iterate_items (item, segments)
		segment = item->lvseg;
	assert_ok(api, lvm_vg_close(vg));
	EACH_VG_CALL(vg);
	EACH_LV_CALL(lv);
	EACH_PV_CALL(pv);
	assert_false(lvm_lvseg_get_property(segment, "segtype").is_valid);
	api_says(api, EINVAL, "not an open volume group handle");
}

static void handles_of_another_type_are_refused_everywhere(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);

	EACH_VG_CALL((vg_t)(void *)api->lvm);
	EACH_LV_CALL((lv_t)(void *)vg);
	EACH_PV_CALL((pv_t)(void *)vg);
	EACH_VG_CALL((vg_t)(void *)api); /* not even one of ours */
	assert_int_equal(lvm_list_pvs_free((struct dm_list *)(void *)api), -1);
	api_says(api, EINVAL, "handle");
	assert_ok(api, lvm_vg_close(vg));
}

static void the_library_closes_what_is_left_open(void **state)
{
	struct api *api = *state;
	lvm_t other = lvm_init(NULL);
	vg_t vg = api_vg(api, 1), read;

	assert_ok(api, lvm_vg_close(vg));
	assert_non_null(other);
	assert_non_null(read = lvm_vg_open(other, api->vg, "r", 0));
	assert_non_null(lvm_list_pvs(other));
	assert_non_null(lvm_pv_params_create(other, api->devices[1]));
	lvm_quit(other);
	assert_null(lvm_vg_get_name(read));
	assert_int_equal(lvm_errno(api->lvm), 0); /* not an error of this handle */
	/* Its locks are gone too. */
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "w", 0));
	assert_ok(api, lvm_vg_close(vg));
}

/* In a child, for its life: the VG open for writing. Returns a pipe's end to close to end it. */
static pid_t hold(const char *name, int *ret_end)
{
	int ends[2], ready[2];
	char byte = 0;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(ready), 0);
	if (!(child = fork())) {
		lvm_t lvm = lvm_init(NULL);
		vg_t vg;

		(void)close(ends[1]);
		vg = lvm_vg_open(lvm, name, "w", 0);
		if (write(ready[1], vg ? "y" : "n", 1) == 1)
			(void)!read(ends[0], &byte, 1);
		lvm_quit(lvm);
		_exit(0);
	}
	(void)close(ends[0]);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	assert_int_equal(byte, 'y');
	*ret_end = ends[1];
	return child;
}

static void a_lock_that_another_process_holds(void **state)
{
	struct api *api = *state;
	vg_t vg = api_vg(api, 1);
	pid_t child;
	int end, status;

	assert_ok(api, lvm_vg_close(vg));
	assert_ok(api, lvm_config_override(api->lvm, "global { wait_for_locks = 0 }"));
	child = hold(api->vg, &end);
	assert_null(lvm_vg_open(api->lvm, api->vg, "w", 0));
	api_says(api, EBUSY, api->vg);
	(void)close(end);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_got(api, vg = lvm_vg_open(api->lvm, api->vg, "w", 0));
	assert_ok(api, lvm_vg_close(vg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(null_is_refused_everywhere),
		API_TEST(closed_handles_are_refused_everywhere),
		API_TEST(handles_of_another_type_are_refused_everywhere),
		API_TEST(the_library_closes_what_is_left_open),
		API_TEST(a_lock_that_another_process_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
