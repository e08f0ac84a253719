/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvm2app_cluster.h, with a clvmd (in the lab) and without one. */
#include "tests/api/api.h"

#include <lvm2app_cluster.h>
#include <poll.h>
#include <unistd.h>

#define EVENT_WAIT_MS 20000

static bool is_down(struct api *api)
{
	bool down = lvm_errno(api->lvm) == EHOSTDOWN;

	assert_string_not_equal(lvm_errmsg(api->lvm), "");
	return down;
}

static void without_a_daemon(void **state)
{
	struct api *api = *state;

	if (api->clustered)
		return;
	assert_int_equal(lvm_cluster_is_running(api->lvm), 0);
	assert_null(lvm_cluster_list_members(api->lvm));
	assert_true(is_down(api));
	assert_null(lvm_cluster_events_open(api->lvm));
	assert_true(is_down(api));
}

static void bad_handles_are_refused(void **state)
{
	struct api *api = *state;
	int nothing[64] = { 0 };

	assert_int_equal(lvm_cluster_is_running(NULL), -1);
	assert_null(lvm_cluster_list_members((void *)nothing));
	assert_null(lvm_cluster_lv_list_nodes(NULL));
	assert_int_equal(lvm_cluster_lv_is_exclusive((void *)nothing), -1);
	assert_int_equal(lvm_cluster_lv_activate_exclusive(NULL), -1);
	assert_int_equal(lvm_cluster_lv_activate_local(NULL), -1);
	assert_int_equal(lvm_cluster_lv_deactivate_local(NULL), -1);
	assert_null(lvm_cluster_events_open(NULL));
	assert_int_equal(lvm_cluster_events_fd((void *)nothing), -1);
	assert_null(lvm_cluster_events_next((void *)api->lvm));
	assert_int_equal(lvm_cluster_events_close(NULL), -1);
	(void)lvm_errmsg(api->lvm);
}

static vg_t make_vg(struct api *api, lv_t *ret_lv)
{
	vg_t vg = lvm_vg_create(api->lvm, api->vg);

	assert_non_null(vg);
	assert_int_equal(lvm_vg_extend(vg, api->devices[0]), 0);
	assert_int_equal(lvm_vg_write(vg), 0);
	*ret_lv = lvm_vg_create_lv_linear(vg, "lv", 4 * MIB);
	assert_non_null(*ret_lv);
	return vg;
}

static void a_local_vg_has_no_nodes(void **state)
{
	struct api *api = *state;
	vg_t vg;
	lv_t lv;

	if (api->clustered)
		return;
	vg = make_vg(api, &lv);
	assert_null(lvm_cluster_lv_list_nodes(lv));
	assert_int_equal(lvm_errno(api->lvm), EINVAL);
	api_says(api, EINVAL, "is not clustered");
	assert_int_equal(lvm_cluster_lv_is_exclusive(lv), -1);
	(void)lvm_errmsg(api->lvm);
	if (api->activates) {
		assert_int_equal(lvm_lv_deactivate(lv), 0);
		assert_int_equal(lvm_cluster_lv_activate_exclusive(lv), 0);
		assert_int_equal(lvm_lv_is_active(lv), 1);
	}
	assert_int_equal(lvm_vg_close(vg), 0);
	api_clean(api);
}

static const char *check_members(struct api *api, unsigned *ret_count)
{
	struct dm_list *members = lvm_cluster_list_members(api->lvm);
	struct lvm_cluster_member_list *item;
	const char *local = NULL;

	assert_non_null(members);
	*ret_count = dm_list_size(members);
	dm_list_iterate_items (item, members) {
		assert_true(item->takes_part);
		assert_string_equal(item->state, "up");
		assert_int_not_equal(item->node_id, 0);
		if (!item->is_local)
			continue;
		assert_null(local);
		local = item->name;
	}
	assert_non_null(local);
	return local;
}

static void members_and_where_an_lv_is_active(void **state)
{
	struct api *api = *state;
	struct lvm_str_list *item;
	struct dm_list *nodes;
	const char *local, *last = "";
	unsigned count;
	vg_t vg;
	lv_t lv;

	if (!api->clustered)
		return;
	assert_int_equal(lvm_cluster_is_running(api->lvm), 1);
	local = check_members(api, &count);
	vg = make_vg(api, &lv);
	assert_non_null(nodes = lvm_cluster_lv_list_nodes(lv));
	assert_int_equal(dm_list_size(nodes), count);
	dm_list_iterate_items (item, nodes) {
		assert_true(strcmp(last, item->str) < 0);
		last = item->str;
	}
	assert_int_equal(lvm_cluster_lv_is_exclusive(lv), 0);

	assert_int_equal(lvm_cluster_lv_deactivate_local(lv), 0);
	assert_int_equal(lvm_lv_is_active(lv), 0);
	assert_int_equal(dm_list_size(lvm_cluster_lv_list_nodes(lv)), count - 1);
	assert_int_equal(lvm_cluster_lv_activate_local(lv), 0);
	assert_int_equal(dm_list_size(lvm_cluster_lv_list_nodes(lv)), count);

	assert_int_equal(lvm_lv_deactivate(lv), 0);
	assert_int_equal(dm_list_size(lvm_cluster_lv_list_nodes(lv)), 0);
	assert_int_equal(lvm_cluster_lv_activate_exclusive(lv), 0);
	assert_int_equal(lvm_cluster_lv_is_exclusive(lv), 1);
	assert_non_null(nodes = lvm_cluster_lv_list_nodes(lv));
	assert_int_equal(dm_list_size(nodes), 1);
	dm_list_iterate_items (item, nodes)
		assert_string_equal(item->str, local);
	assert_int_equal(lvm_vg_close(vg), 0);
	api_clean(api);
}

/* The next event that says @text; NULL: none came in time. */
static const char *wait_for_event(struct api *api, lvm_cluster_events_t events, const char *text)
{
	struct pollfd poll_fd = { .fd = lvm_cluster_events_fd(events), .events = POLLIN };
	const char *line;

	assert_true(poll_fd.fd >= 0);
	do {
		while ((line = lvm_cluster_events_next(events))) {
			assert_int_equal(line[0], '{');
			if (strstr(line, text))
				return line;
		}
		assert_int_equal(lvm_errno(api->lvm), 0);
	} while (poll(&poll_fd, 1, EVENT_WAIT_MS) == 1);
	return NULL;
}

static void events_come_by_a_descriptor(void **state)
{
	struct api *api = *state;
	lvm_cluster_events_t events, second;
	char name[32]; /* older events, which come first, do not have it */
	vg_t vg;
	lv_t lv;

	if (!api->clustered)
		return;
	(void)snprintf(name, sizeof(name), "ev%ld", (long)getpid());
	assert_non_null(events = lvm_cluster_events_open(api->lvm));
	assert_non_null(second = lvm_cluster_events_open(api->lvm));
	vg = make_vg(api, &lv);
	assert_non_null(lvm_vg_create_lv_linear(vg, name, 4 * MIB));
	assert_non_null(wait_for_event(api, events, name));
	assert_non_null(wait_for_event(api, second, name));
	assert_int_equal(lvm_cluster_events_close(events), 0);
	assert_int_equal(lvm_cluster_events_close(events), -1);
	(void)lvm_errmsg(api->lvm);
	assert_int_equal(lvm_vg_close(vg), 0);
	api_clean(api);
	/* the second one is left to lvm_quit() */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_daemon, api_setup, api_teardown),
		cmocka_unit_test_setup_teardown(bad_handles_are_refused, api_setup, api_teardown),
		cmocka_unit_test_setup_teardown(a_local_vg_has_no_nodes, api_setup, api_teardown),
		cmocka_unit_test_setup_teardown(members_and_where_an_lv_is_active, api_setup,
						api_teardown),
		cmocka_unit_test_setup_teardown(events_come_by_a_descriptor, api_setup,
						api_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
